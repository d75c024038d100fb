import { describe, expect, it, vi } from "vitest";
import { gallery } from "../src/gallery";
import { fakeModel, view } from "./helpers";

const model = (): ReturnType<typeof fakeModel> => fakeModel({}, { resolveUrl: (path: string) => Promise.resolve(`${location.origin}/files/${path}`) });
const files = [
  { file: "videos/b.png", kind: "image" as const, name: "b.png" },
  { file: "videos/c.mp4", kind: "video" as const, name: "c.mp4" },
  { file: "videos/d.mp3", kind: "audio" as const, name: "d.mp3" },
  { file: "videos/e.glb", kind: "file" as const, name: "e.glb" },
];

describe("the other files of an output", () => {
  it("stand as thumbnail, players and link, each with an address of this server", async () => {
    const others = gallery(model());
    others.update(view({ files }));

    await vi.waitFor(() => expect(others.el.querySelector("img")?.getAttribute("src")).toContain("/files/videos/b.png"));
    expect([...others.el.children].map((child) => child.tagName)).toEqual(["A", "VIDEO", "AUDIO", "A"]);
    expect(others.el.querySelector("video")?.getAttribute("src")).toContain("c.mp4");
    expect(others.el.lastElementChild?.textContent).toBe("e.glb");
    expect(others.el.querySelector("img")?.alt).toBe("b.png");
  });

  it("are not made again by the next view, and go when there are none", () => {
    const others = gallery(model());
    others.update(view({ files }));
    const first = others.el.firstElementChild;
    others.update(view({ files, took: 3 }));
    expect(others.el.firstElementChild).toBe(first);

    others.update(view({ id: "job2", files: [] }));
    expect([others.el.hidden, others.el.childElementCount]).toEqual([true, 0]);
  });

  it("have no address where the host cannot tell one, or where it is not this server's", async () => {
    const strange = gallery(fakeModel({}, { resolveUrl: () => Promise.resolve("javascript:alert(1)") }));
    strange.update(view({ files }));
    await Promise.resolve();
    expect(strange.el.querySelector("a")?.hasAttribute("href")).toBe(false);
  });
});
