import { beforeEach, describe, expect, it, vi } from "vitest";
import { CLIP, DONE, fakeModel, freeze, render, settle, view } from "./helpers";

beforeEach(() => {
  freeze();
  location.href = "https://hub.example/user/x/lab";
});

const REMOTE = "https://replicate.delivery/cat.mp4";
const FILE = "https://hub.example/user/x/files/videos/cat.mp4";
const lab = { resolveUrl: async (path: string) => `https://hub.example/user/x/files/${path}` };
const show = (changes = {}, manager?: unknown) => {
  const model = fakeModel({ kind: "card", view: view({ ...DONE, ...changes }), saved: "" }, manager);
  const shown = render(model);
  return { model, ...shown, video: () => shown.$<HTMLVideoElement>("video") };
};
const bytes = (text: string): DataView => new DataView(new TextEncoder().encode(text).buffer);

describe("where the video comes from", () => {
  it("is the file beside the notebook, where the host knows its address", async () => {
    const { video } = show({}, lab);
    await settle();
    expect(video().src).toBe(FILE);
  });

  it("is the remote address until there is a file", async () => {
    const { video } = show({ video: { ...CLIP, url: REMOTE, file: "" } }, lab);
    await settle();
    expect(video().src).toBe(REMOTE);
  });

  it("changes to the file only while nothing plays, and goes on where it was", async () => {
    const remote = { ...CLIP, url: REMOTE, file: "" };
    const { model, video } = show({ video: remote }, lab);
    await settle();
    const paused = vi.spyOn(video(), "paused", "get").mockReturnValue(false);
    video().currentTime = 2;

    model.set("view", view({ ...DONE, video: { ...remote, file: CLIP.file } }));
    await settle();
    expect(video().src).toBe(REMOTE);

    paused.mockReturnValue(true);
    video().dispatchEvent(new Event("pause"));
    await settle();
    video().dispatchEvent(new Event("loadedmetadata"));
    expect(video().src).toBe(FILE);
    expect(video().currentTime).toBe(2);
  });

  it("falls back from the file to the remote address, and to bytes", async () => {
    const { model, video } = show({ video: { ...CLIP, url: REMOTE } }, lab);
    await settle();

    video().dispatchEvent(new Event("error"));
    await settle();
    expect(video().src).toBe(REMOTE);

    video().dispatchEvent(new Event("error"));
    await settle();
    expect(model.of("want")).toEqual([{ kind: "want", id: "job1" }]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "https://evil.example/x.mp4"])("refuses what a host resolves to %s", async (url) => {
    const { model, video } = show({}, { resolveUrl: async () => url });
    await settle();
    expect(video().getAttribute("src")).toBeNull();
    expect(model.of("want")).toHaveLength(1);
  });
});

describe("bytes through the kernel", () => {
  it("become one Blob, in whatever order they come", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const { model, video } = show();
    await settle();
    const piece = (index: number, text: string): void => model.emit("msg:custom", { kind: "chunk", id: "job1", index, count: 3, size: 9, type: "video/mp4" }, [bytes(text)]);

    piece(2, "ghi");
    piece(0, "abc");
    piece(0, "abc");
    expect(made).not.toHaveBeenCalled();
    piece(1, "def");
    await settle();

    expect(made).toHaveBeenCalledOnce();
    const blob = made.mock.calls[0]?.[0] as Blob;
    expect([blob.type, blob.size]).toEqual(["video/mp4", 9]);
    expect(await blob.text()).toBe("abcdefghi");
    expect(video().src).toMatch(/^blob:/);
  });

  it("never become a page of another kind", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const { model } = show();
    await settle();

    model.emit("msg:custom", { kind: "chunk", id: "job1", index: 0, count: 1, size: 1, type: "text/html" }, [bytes("x")]);

    expect((made.mock.calls[0]?.[0] as Blob | undefined)?.type).toBe("video/mp4");
  });

  it("are asked for once by two views, and revoked with the last", async () => {
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const model = fakeModel({ kind: "card", view: view(DONE), saved: "" });
    const one = render(model);
    const two = render(model);
    await settle();

    model.emit("msg:custom", { kind: "chunk", id: "job1", index: 0, count: 1, size: 1, type: "video/mp4" }, [bytes("x")]);
    await settle();

    expect(model.of("want")).toHaveLength(1);
    expect(one.$<HTMLVideoElement>("video").src).toBe(two.$<HTMLVideoElement>("video").src);
    one.end.abort();
    expect(revoked).not.toHaveBeenCalled();
    two.end.abort();
    expect(revoked).toHaveBeenCalledOnce();
  });

  it("say why they do not come", async () => {
    const { model, $ } = show();
    await settle();

    model.emit("msg:custom", { kind: "no_bytes", id: "job1", reason: "cat.mp4 is not there." }, []);
    await settle();

    expect($(".pvideo-message").textContent).toContain("cat.mp4 is not there.");
  });
});
