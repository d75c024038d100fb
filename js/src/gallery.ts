/** The other files of one output: pictures as a row of thumbnails, further videos and sounds as small players, everything else as links. */
import { h, mediaUrl, setAttribute } from "./dom";
import { resolveFile, type Model } from "./model";
import type { MadeFile, View } from "./view";

export interface Gallery {
  el: HTMLElement;
  update(view: View): void;
}

export function gallery(model: Model): Gallery {
  const el = h("div", { class: "pvideo-gallery", hidden: true });
  let shown = "";

  const picture = (file: MadeFile): HTMLElement => {
    const image = h("img", { alt: file.name, loading: "lazy" });
    return link(file, image, (url) => setAttribute(image, "src", url));
  };
  const link = (file: MadeFile, child: Node | string, ready?: (url: string | null) => void): HTMLElement => {
    const anchor = h("a", { class: "pvideo-made", target: "_blank", rel: "noopener noreferrer", title: file.name, data: { kind: file.kind } }, child);
    void address(file).then((url) => {
      setAttribute(anchor, "href", url);
      ready?.(url);
    });
    return anchor;
  };
  const player = (file: MadeFile, tag: "video" | "audio"): HTMLElement => {
    const media = h(tag, { class: "pvideo-made", controls: true, preload: "metadata", "aria-label": file.name, data: { kind: file.kind } });
    void address(file).then((url) => setAttribute(media, "src", url));
    return media;
  };
  const address = async (file: MadeFile): Promise<string | null> => mediaUrl((await resolveFile(model, file.file)) ?? "");
  const drawn = (file: MadeFile): HTMLElement => {
    if (file.kind === "image") return picture(file);
    return file.kind === "video" || file.kind === "audio" ? player(file, file.kind) : link(file, file.name);
  };

  return {
    el,
    update(view) {
      const files = view.files ?? [];
      const key = JSON.stringify([view.id, files]);
      if (key === shown) return;
      shown = key;
      el.hidden = files.length === 0;
      el.replaceChildren(...files.map(drawn));
    },
  };
}
