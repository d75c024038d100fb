/** The More row: copy, open, explain, rate, save. It opens in place, since outputs clip what hangs out of them. */
import { hrefOf } from "./actions";
import { cardName } from "./announce";
import { h, linkUrl, setAttribute, setText } from "./dom";
import { explainPanel } from "./explain";
import { loose, observe, send, type Model } from "./model";
import { ratingPanel } from "./rating";
import { actions } from "./texts";
import type { More, View } from "./view";

export interface MoreTools {
  model: Model;
  press(view: View, name: string): void;
  video(): HTMLVideoElement | null;
  signal: AbortSignal;
}

export interface MoreMenu {
  toggle: HTMLButtonElement;
  panel: HTMLElement;
  /** What the items open: the requests, the stars, what was written. */
  below: HTMLElement;
  update(view: View): void;
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

/** A button that copies a text and says so for a moment. */
export function copyButton(label: string, text: string, signal: AbortSignal, data: Record<string, string> = {}): HTMLButtonElement {
  const button = h("button", { class: "pvideo-button pvideo-plain", data }, label);
  const act = async (): Promise<void> => {
    if (!(await copy(text))) return;
    setText(button, actions.copied);
    const timer = setTimeout(() => setText(button, label), 1500);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
  button.addEventListener("click", () => void act(), { signal });
  return button;
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

/** A line that says what was written, and leads there. */
export async function written(model: Model, text: string, file: string): Promise<HTMLElement> {
  const url = file ? linkUrl((await hrefOf(model, file)) ?? "") : null;
  const link = url ? h("a", { class: "pvideo-link", href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;
  return h("p", { class: "pvideo-told", role: "status" }, link);
}

export function moreMenu({ model, press: act, video, signal }: MoreTools): MoreMenu {
  const panel = h("div", { class: "pvideo-more", hidden: true, role: "group", "aria-label": actions.more });
  const toggle = h("button", { class: "pvideo-button pvideo-plain", "aria-expanded": "false", data: { action: "more" } }, actions.more);
  const place = h("div", { class: "pvideo-more-place" });
  const rating = ratingPanel((stars, note) => ask("rate", { stars, note }), signal);
  const explain = explainPanel(signal);
  let shown = "";
  let view: View | null = null;

  const ask = (name: string, content: object = {}): void => {
    if (view) send(model, { kind: "menu", id: view.id, nonce: view.nonce, name, ...content });
  };
  const set = (open: boolean): void => {
    panel.hidden = !open;
    place.hidden = !open;
    setAttribute(toggle, "aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => set(Boolean(panel.hidden)), { signal });

  /** One of them at a time; the second press takes it away. */
  const showBelow = (part: HTMLElement | null, button?: HTMLElement): void => {
    const again = part !== null && place.firstChild === part;
    place.replaceChildren(...(part && !again ? [part] : []));
    for (const one of panel.querySelectorAll("[aria-expanded]")) setAttribute(one, "aria-expanded", String(!again && one === button));
  };
  const press = (item: More, button: HTMLElement): void => {
    if (item.name === "save_frame") return saveFrame(video(), view?.name ?? "");
    if (item.name === "rate") return showBelow(rating.el, button);
    if (item.name === "explain") {
      if (place.firstChild !== explain.el) ask("explain");
      return showBelow(explain.el, button);
    }
    if (item.name === "save_page") return ask(item.name);
    if (view) act(view, item.name);
  };
  const button = (item: More): HTMLElement => {
    if (item.text !== undefined) return copyButton(item.label, item.text, signal, { more: item.name });
    const opens = item.name === "rate" || item.name === "explain";
    const el = h("button", { class: "pvideo-button pvideo-plain", data: { more: item.name }, "aria-expanded": opens ? "false" : null }, item.label);
    el.addEventListener("click", () => press(item, el), { signal });
    return el;
  };
  const linkItem = (item: More): HTMLElement => {
    const link = h("a", { class: "pvideo-button pvideo-plain", target: "_blank", rel: "noopener noreferrer", hidden: true, data: { more: item.name } }, item.label);
    void hrefOf(model, item.href ?? "").then((href) => {
      const url = linkUrl(href ?? "");
      if (url) link.href = url;
      link.hidden = !url;
    });
    return link;
  };
  const told = async (content: Record<string, unknown>): Promise<void> => {
    if (content["error"]) return showBelow(h("p", { class: "pvideo-told", role: "alert" }, String(content["error"])));
    if (content["name"] === "explain") explain.update(content);
    if (content["name"] === "save_page") showBelow(await written(model, String(content["text"]), String(content["file"])));
  };
  observe(model, "msg:custom", (message) => {
    const content = loose(message);
    if (content?.["kind"] === "menu" && content["id"] === view?.id) void told(content);
  }, signal);

  return {
    toggle,
    panel,
    below: place,
    update(next) {
      const key = JSON.stringify([next.id, next.more]);
      if (view?.id !== next.id) {
        place.replaceChildren();
        explain.update({});
      }
      view = next;
      rating.update(next.id, next.stars, next.remark);
      toggle.hidden = next.more.length === 0;
      if (toggle.hidden) set(false);
      if (key === shown) return;
      shown = key;
      panel.setAttribute("aria-label", `${actions.more}: ${next.name || cardName(next)}`);
      panel.replaceChildren(...next.more.map((item) => (item.href === undefined ? button(item) : linkItem(item))));
    },
  };
}
