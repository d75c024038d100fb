import { beforeEach, describe, expect, it } from "vitest";
import { h, imageUrl, linkUrl, mediaUrl } from "../src/dom";
import { fill, took } from "../src/texts";
import { DONE, freeze, fakeModel, render, view } from "./helpers";

const HOSTILE = '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>';

describe("addresses", () => {
  beforeEach(() => {
    location.href = "https://hub.example/user/x/lab";
  });

  it.each([
    "https://replicate.delivery/a.mp4",
    "https://pbxt.replicate.delivery/a/b.mp4",
    "http://127.0.0.1:8001/a.mp4",
    "http://localhost:1/a.mp4",
    "blob:https://hub.example/1-2",
    "https://hub.example/user/x/files/videos/a.mp4?_xsrf=1",
  ])("plays %s", (url) => {
    expect(mediaUrl(url)).toBe(url);
  });

  it.each([
    "",
    "javascript:alert(1)",
    "data:text/html,<script>",
    "data:video/mp4;base64,AAAA",
    "file:///etc/passwd",
    "http://replicate.delivery/a.mp4",
    "https://replicate.delivery.evil.example/a.mp4",
    "https://evilreplicate.delivery/a.mp4",
    "https://user:pw@replicate.delivery/a.mp4",
    "https://evil.example/a.mp4",
    "http://192.168.0.1/a.mp4",
    "ftp://replicate.delivery/a.mp4",
  ])("does not play %j", (url) => {
    expect(mediaUrl(url)).toBeNull();
  });

  it("takes a picture's bytes, and no SVG", () => {
    expect(imageUrl("data:image/jpeg;base64,/9j/4A==")).toBe("data:image/jpeg;base64,/9j/4A==");
    expect(imageUrl("data:image/svg+xml;base64,AAAA")).toBeNull();
    expect(imageUrl("data:text/html;base64,AAAA")).toBeNull();
  });

  it("links to https pages only", () => {
    expect(linkUrl("https://dash.cloudflare.com/x")).toBe("https://dash.cloudflare.com/x");
    expect(linkUrl("javascript:alert(1)")).toBeNull();
    expect(linkUrl("data:text/html,x")).toBeNull();
  });
});

describe("text", () => {
  it("enters the page as text, wherever it comes from", () => {
    freeze();
    const words = view({
      ...DONE, status: "failed", video: null, name: HOSTILE, prompt: HOSTILE, facts: [HOSTILE], notes: [HOSTILE], money: HOSTILE, poster: "javascript:alert(1)",
      message: { key: "x", title: HOSTILE, sentence: HOSTILE, next: HOSTILE, tone: "bad" },
      actions: [{ name: "retry", label: HOSTILE, primary: true, costs: true }],
      more: [{ name: "copy_cell", label: HOSTILE, text: HOSTILE }, { name: "open_file", label: "Open", href: "javascript:alert(1)" }],
      log: { id: HOSTILE, href: "javascript:alert(1)" },
    });

    const { el, $ } = render(fakeModel({ kind: "card", view: words }));

    expect(el.querySelectorAll("script, [onerror], img[src='x'], [href^='javascript']")).toHaveLength(0);
    expect($(".pvideo-prompt").textContent).toBe(HOSTILE);
    expect((globalThis as Record<string, unknown>)["hit"]).toBeUndefined();
  });

  it("is never markup in h()", () => {
    expect(h("p", {}, HOSTILE).children).toHaveLength(0);
  });

  it("fills its places, and closes the gap of an empty one", () => {
    expect(fill("Video {name}: sent, {price}", { name: "", price: "$0.10" })).toBe("Video: sent, $0.10");
    expect(fill("{{x}} {a}", { a: 1 })).toBe("{x} 1");
  });

  it.each([[0.04, "0.1 s"], [0.42, "0.4 s"], [0.97, "1 s"], [11.4, "11 s"], [59.7, "1:00"], [75, "1:15"]])("says %d as %s", (seconds, words) => {
    expect(took(seconds)).toBe(words);
  });
});
