/** Compare: videos beside each other, in step; what differs between them stands below. */
import { below } from "./below";
import { offerFile } from "./clean";
import { cell, namesOf, type Cell } from "./compare/cell";
import { controls } from "./compare/controls";
import { differences } from "./compare/differences";
import { together } from "./compare/sync";
import type { Comparison } from "./compare/view";
import { h, setAttribute, setText } from "./dom";
import { initialize } from "./initialize";
import { live } from "./live";
import { loose, observe, send, type RenderProps } from "./model";
import { copy } from "./more";
import { actions as words, compare, fill } from "./texts";

const TICK = 250;

function comparisonFrom(value: unknown): Comparison | null {
  const found = loose(value);
  return found && typeof found["id"] === "string" && Array.isArray(found["items"]) ? (found as unknown as Comparison) : null;
}

function render({ model, el, signal, host }: RenderProps): void {
  let view: Comparison | null = null;
  let alone: number | null = null;
  let heard: number | null = 0;
  let gone = false;
  const cells: Cell[] = [];

  el.classList.add("pvideo-host");
  const root = h("section", { class: "pvideo pvideo-compare", tabindex: -1 });
  const { keys, bytes, beat } = live(model, root, signal, () => view?.id ?? "", (isGone) => {
    gone = isGone;
    paint();
  });
  let slow: ReturnType<typeof setInterval> | undefined;
  let drawn = 0;
  /** What Python was told: it takes nothing away that plays. */
  let told = false;
  const heads = together(() => tell());
  const grid = h("div", { class: "pvideo-grid", tabindex: 0, role: "group" });
  const what = differences();
  const notice = h("p", { class: "pvideo-notice", role: "status", hidden: true });
  const row = h("div", { class: "pvideo-actions" });

  const show = (index: number | null): void => {
    alone = index;
    paint();
  };
  const soundOf = (index: number | null): void => {
    heard = index;
    cells.forEach((one, place) => {
      const video = one.video();
      if (video) video.muted = place !== index;
    });
    heads.heard = index === null ? null : (cells[index]?.video() ?? null);
    tell();
  };
  const full = (): void => void (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.().catch(() => undefined));
  const bar = controls({ heads, alone: show, shown: () => alone, sound: soundOf, heard: () => heard, count: () => cells.length, full, signal });
  root.append(h("div", { class: "pvideo-compare-frame" }, grid, bar.el, what.el, notice, row));

  /** Four times a second while it plays, at once when something happened. */
  const tell = (): void => {
    bar.tick();
    cells.forEach((one) => one.tick());
    root.toggleAttribute("data-waiting", heads.isWaiting());
    follow();
  };
  const each = (): void => {
    drawn = 0;
    heads.tick();
    follow();
  };
  const follow = (): void => {
    const on = heads.isPlaying() && !signal.aborted;
    if (on !== told) send(model, { kind: "playing", id: view?.id, playing: (told = on) });
    if (on && !drawn) drawn = requestAnimationFrame(each);
    if (on && slow === undefined) slow = setInterval(() => (heads.tick(), tell()), TICK);
    if (!on && slow !== undefined) {
      clearInterval(slow);
      slow = undefined;
    }
  };
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(drawn);
    follow();
  }, { once: true });

  const button = (name: string, label: string, act: (made: HTMLButtonElement) => void, plain = false): HTMLButtonElement => {
    const made = h("button", { class: `pvideo-button${plain ? " pvideo-plain" : ""}`, data: { action: name } }, label);
    made.addEventListener("click", () => act(made), { signal });
    return made;
  };
  /** The one that is shown alone, else B: the newer of two. */
  const chosen = (): number => alone ?? Math.min(1, cells.length - 1);
  const copied = async (made: HTMLButtonElement): Promise<void> => {
    if (!(await copy(view?.items[chosen()]?.cell ?? ""))) return;
    setText(made, words.copied);
    const timer = setTimeout(paint, 1500);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
  const ask = (kind: string, id = ""): void => {
    if (!view || gone) return;
    send(model, { kind, id, nonce: view.nonce });
    beat.expect();
  };
  const buttons: Record<string, HTMLButtonElement> = {
    copy: button("copy", "", (made) => void copied(made)),
    load: button("load", "", () => ask("load", view?.items[chosen()]?.id)),
    page: button("page", compare.page, () => ask("page")),
  };

  const paint = (): void => {
    if (!view) return;
    const { items } = view;
    setAttribute(root, "aria-label", namesOf(items));
    setAttribute(grid, "aria-label", namesOf(items));
    grid.title = compare.keys;
    Object.assign(root.dataset, { id: view.id, count: String(items.length) });
    root.toggleAttribute("data-alone", alone !== null);
    items.forEach((item, index) => {
      const known = cells[index] ?? (cells[index] = cell(model, bytes, heads, signal));
      if (!known.el.isConnected && known.el.parentElement !== grid) grid.append(known.el);
      known.update(item);
      known.el.toggleAttribute("data-away", alone !== null && alone !== index);
      setAttribute(known.el, "aria-hidden", alone !== null && alone !== index ? "true" : null);
    });
    heads.fps = Math.min(...items.map((item) => item.fps || 24));
    bar.update(items.map((item) => item.letter));
    what.update(view);
    notice.hidden = !view.notice;
    setText(notice, view.notice);
    const letter = items[chosen()]?.letter ?? "";
    for (const [name, made] of Object.entries(buttons)) {
      made.hidden = !view.actions.includes(name);
      setAttribute(made, "aria-disabled", gone && name !== "copy" ? "true" : null);
      if (!made.parentElement) row.append(made);
    }
    setText(buttons["copy"] as HTMLElement, fill(compare.copy, { letter }));
    setText(buttons["load"] as HTMLElement, fill(compare.load, { letter }));
    soundOf(heard);
    beat.active(items.some((item) => !item.done));
  };
  const update = (): void => {
    view = comparisonFrom(model.get("view"));
    paint();
  };
  keys.on(root, bar.key);
  grid.addEventListener("click", () => (heads.isPlaying() ? heads.pause() : heads.play()), { signal });
  observe(model, "change:view", update, signal);
  update();
  el.append(root);
  below(model, host, el, signal);
  beat.start();
  offerFile(model, () => view?.id, signal);
}

export default { initialize, render };
