import { expect, it, vi } from "vitest";
import { drawingUrl } from "../src/dom";
import { CLIP, DONE, fakeModel, render, view } from "./helpers";

const SVG = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg" onload="globalThis.hit=1"><script>globalThis.hit=1</script></svg>')}`;

it("test_found_d6 shows a drawing in an image element, and nothing of it as a document", async () => {
  const model = fakeModel({ view: view({ ...DONE, kind: "image", video: { ...CLIP, url: SVG, file: "", type: "image/svg+xml" } }) });
  const { el } = render(model);
  await vi.waitFor(() => expect(el.querySelector("img.pvideo-media")?.getAttribute("src")).toBe(SVG));
  expect(el.querySelector("iframe, object, embed, script")).toBeNull();
});

it("test_found_d6 gives a drawing to no player", async () => {
  const model = fakeModel({ view: view({ ...DONE, kind: "video", video: { ...CLIP, url: SVG, file: "" } }) });
  const { el } = render(model);
  await Promise.resolve();
  expect(el.querySelector("video")?.getAttribute("src") ?? "").toBe("");
});

it.each(["data:text/html;base64,AAAA", "data:image/svg+xml,<svg/>", "data:image/svg+xml;base64,A\"A", " data:image/svg+xml;base64,AAAA", "javascript:alert(1)"])("test_found_d6 draws no %j", (url) => {
  expect(drawingUrl(url)).toBeNull();
});
