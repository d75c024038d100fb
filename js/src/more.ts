/** The More row: copy, open, save a frame. It opens in place, since outputs clip what hangs out of them. */
import { hrefOf } from "./actions";
import { h, linkUrl, setAttribute, setText } from "./dom";
import type { Model } from "./model";
import { actions, labels } from "./texts";
import type { More, View } from "./view";

export interface MoreTools {
  model: Model;
  press(view: View, name: string): void;
  video(): HTMLVideoElement | null;
  signal: AbortSignal;
}

/** False where the page may not write to the clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "pvideo-aloud", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand?.("copy") ?? false;
    area.remove();
    return done;
  }
}

/** The picture that stands now, as a PNG to keep; a video of another host may not be read. */
function saveFrame(video: HTMLVideoElement | null, name: string): void {
  if (!video?.videoWidth) return;
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  try {
    canvas.toBlob((blob) => {
      if (!blob) return;
      const href = URL.createObjectURL(blob);
      h("a", { href, download: `${name || "video"}-${video.currentTime.toFixed(2)}s.png` }).click();
      setTimeout(() => URL.revokeObjectURL(href), 10_000);
    }, "image/png");
  } catch {
    // Tainted by another host: there is nothing to save here, the file itself can be opened.
  }
}

export function moreMenu(tools: MoreTools): { toggle: HTMLButtonElement; panel: HTMLElement; update(view: View): void } {
  const panel = h("div", { class: "pvideo-more", hidden: true, role: "group", "aria-label": actions.more });
  const toggle = h("button", { class: "pvideo-button pvideo-plain", "aria-expanded": "false", data: { action: "more" } }, actions.more);
  let shown = "";
  toggle.addEventListener(
    "click",
    () => {
      panel.hidden = !panel.hidden;
      setAttribute(toggle, "aria-expanded", String(!panel.hidden));
    },
    { signal: tools.signal },
  );

  const copyItem = (item: More, view: View): HTMLElement => {
    const button = h("button", { class: "pvideo-button pvideo-plain", data: { more: item.name } }, item.label);
    const act = async (): Promise<void> => {
      if (item.text === undefined) return item.name === "save_frame" ? saveFrame(tools.video(), view.name) : tools.press(view, item.name);
      if (!(await copy(item.text))) return;
      setText(button, actions.copied);
      const timer = setTimeout(() => setText(button, item.label), 1500);
      tools.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    };
    button.addEventListener("click", () => void act(), { signal: tools.signal });
    return button;
  };
  const linkItem = (item: More): HTMLElement => {
    const link = h("a", { class: "pvideo-button pvideo-plain", target: "_blank", rel: "noopener noreferrer", hidden: true, data: { more: item.name } }, item.label);
    void hrefOf(tools.model, item.href ?? "").then((href) => {
      const url = linkUrl(href ?? "");
      if (url) link.href = url;
      link.hidden = !url;
    });
    return link;
  };
  return {
    toggle,
    panel,
    update(view) {
      const key = JSON.stringify([view.id, view.more]);
      toggle.hidden = view.more.length === 0;
      if (toggle.hidden) panel.hidden = true;
      if (key === shown) return;
      shown = key;
      panel.setAttribute("aria-label", `${actions.more}: ${view.name || labels.unnamed}`);
      panel.replaceChildren(...view.more.map((item) => (item.href === undefined ? copyItem(item, view) : linkItem(item))));
    },
  };
}
