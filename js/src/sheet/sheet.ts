/** The contact sheet: the sum first, then how it stands, then the tiles; one of them opens as a card below. */
import { sync } from "../actions";
import { announcer } from "../announce";
import { below } from "../below";
import { offerFile } from "../clean";
import { kernelClock, ticker } from "../clock";
import { h, setAttribute, setText } from "../dom";
import { live } from "../live";
import { message as messageBox } from "../message";
import { loose, observe, send, type RenderProps } from "../model";
import { shapeRatio } from "../stage";
import { fill, labels, message, notes, sheet as words } from "../texts";
import type { Action, SheetView } from "../view";
import { grid as makeGrid } from "./grid";
import { playAll } from "./play";
import { tilePart, type TilePart } from "./tile";
import { varyPart } from "./vary";

/** Changes that come together are said as one. */
const SAID_APART = 1500;
/** A press that Python does not answer in this time may be pressed again. */
const FORGET = 6000;

function sheetFrom(value: unknown): SheetView | null {
  const found = loose(value);
  return found && typeof found["id"] === "string" && Array.isArray(found["tiles"]) ? (found as unknown as SheetView) : null;
}

/** "about 40 s left": whole seconds below ten, else fives. */
export function leftWords(ends: number | null, now: number, before: number): { text: string; left: number } {
  if (ends === null) return { text: "", left: before };
  const left = Math.min(before, Math.max(0, (ends - now) / 1000));
  if (left < 1.5) return { text: words.moment, left };
  return { text: fill(words.left, { left: left < 10 ? Math.round(left) : Math.ceil(left / 5) * 5 }), left };
}

export function renderSheet({ model, el, signal, host }: RenderProps): void {
  let sheet: SheetView | null = null;
  let gone = false;
  let left = Infinity;
  let lastEnds: number | null = null;
  let said = "";
  let wait: ReturnType<typeof setTimeout> | undefined;
  const parts: TilePart[] = [];
  const selected = new Set<string>();
  const clock = kernelClock();

  const root = h("section", { class: "pvideo pvideo-sheet", tabindex: -1 });
  const title = h("b", { class: "pvideo-sheet-title" });
  const demo = h("span", { class: "pvideo-demo", hidden: true }, labels.demo);
  const total = h("span", { class: "pvideo-sheet-total" });
  const stands = h("p", { class: "pvideo-sheet-stands" });
  const notice = h("p", { class: "pvideo-sheet-notice", hidden: true });
  const buttons = h("div", { class: "pvideo-actions" });
  const problem = messageBox();
  const banner = messageBox("pvideo-banner");
  const play = h("button", { class: "pvideo-button", data: { action: "play" }, hidden: true }, words.play_all);
  const compare = h("button", { class: "pvideo-button", data: { action: "compare" }, hidden: true }, words.compare_none);
  const close = h("button", { class: "pvideo-button", data: { action: "close" }, hidden: true }, words.close);
  const aloud = announcer(signal);

  const current = (): SheetView | null => sheetFrom(model.get("sheet"));
  const { keys, bytes, beat } = live(model, root, signal, () => current()?.id ?? "", (isGone) => kernel(isGone));
  const grid = makeGrid({
    keys,
    label: words.tiles,
    act: (what, part) => ({ open: () => toggle(part), select: () => select(part), star: () => star(part) })[what](),
  });
  const player = playAll(
    () => parts.flatMap((part) => part.player() ?? []),
    (playing) => {
      setText(play, playing ? words.pause_all : words.play_all);
      send(model, { kind: "playing", playing });
    },
    () => parts.forEach((part) => part.rest()),
    signal,
  );
  const vary = varyPart({
    keys,
    send: (lines) => send(model, { kind: "vary", lines }),
    say: aloud.say,
    handOn: () => root.focus({ preventScroll: true }),
    changed: () => paintButtons(),
    signal,
  });
  root.append(
    h("div", { class: "pvideo-sheet-frame" }, banner.el,
      h("div", { class: "pvideo-sheet-head" }, title, demo, total),
      vary.el,
      h("div", { class: "pvideo-sheet-row" }, stands, buttons),
      notice, problem.el, h("div", { class: "pvideo-grid-scroll" }, grid.el),
      h("div", { class: "pvideo-actions pvideo-sheet-tools" }, play, compare, close), aloud.el),
  );

  // What a person does.

  const opened = (): string => String(model.get("opened") || "");
  const toggle = (part: TilePart): void => {
    const { id } = part.tile();
    if (!id || gone) return;
    send(model, { kind: "open", id: opened() === id ? "" : id });
    beat.expect();
  };
  const closeCard = (): boolean => {
    const id = opened();
    if (!id) return false;
    const part = parts.find((one) => one.tile().id === id);
    send(model, { kind: "open", id: "" });
    if (part) grid.focus(part);
    else root.focus({ preventScroll: true });
    return true;
  };
  const select = (part: TilePart): void => {
    const { id, video } = part.tile();
    if (!video) return;
    if (!selected.delete(id)) selected.add(id);
    mark();
  };
  const star = (part: TilePart): void => {
    const { id, stars, done } = part.tile();
    if (sheet?.rates && done && !gone) send(model, { kind: "rate", id, stars: stars ? 0 : 1 });
  };
  keys.on(root, (event) => event.key === "Escape" && closeCard());
  close.addEventListener("click", () => closeCard(), { signal });
  play.addEventListener("click", () => player.toggle(), { signal });
  compare.addEventListener("click", () => {
    const ids = parts.map((part) => part.tile().id).filter((id) => selected.has(id));
    if (ids.length > 1 && !gone) send(model, { kind: "compare", ids });
  }, { signal });

  // The sheet's own buttons.

  const known = new Map<string, { button: HTMLButtonElement; action: Action; pressed: string; timer?: ReturnType<typeof setTimeout> }>();
  const stopped = (name: string): boolean => name === "start" && vary.stops();
  const press = (name: string): void => {
    const one = known.get(name);
    if (!one || gone || one.pressed || !sheet || stopped(name)) return;
    if (!send(model, { kind: "sheet", name, label: one.action.label, nonce: sheet.nonce })) return;
    one.pressed = one.action.label;
    one.timer = setTimeout(() => ((one.pressed = ""), paintButtons()), FORGET);
    beat.expect();
    paintButtons();
  };
  const paintButtons = (): void => {
    const wanted = (sheet?.actions ?? []).map((action) => {
      const one = known.get(action.name) ?? { button: h("button", { class: "pvideo-button", data: { action: action.name } }), action, pressed: "" };
      if (!known.has(action.name)) one.button.addEventListener("click", () => press(action.name), { signal });
      known.set(action.name, one);
      if (one.pressed && one.pressed !== action.label && action.name !== "cancel") one.pressed = "";
      one.action = action;
      setText(one.button, one.pressed && action.name === "cancel" ? notes.canceling : action.label);
      one.button.classList.toggle("pvideo-solid", action.primary);
      one.button.toggleAttribute("data-costs", action.costs);
      setAttribute(one.button, "aria-disabled", one.pressed || gone || stopped(action.name) ? "true" : null);
      return one.button;
    });
    const lost = [...buttons.children].some((one) => one === document.activeElement && !wanted.includes(one as HTMLButtonElement));
    for (const [name, one] of known) {
      if (wanted.includes(one.button)) continue;
      clearTimeout(one.timer);
      one.button.remove();
      known.delete(name);
    }
    sync(buttons, wanted);
    if (lost) root.focus({ preventScroll: true });
  };

  // What is shown.

  const mark = (): void => {
    const shown = opened();
    for (const part of parts) part.mark(selected.has(part.tile().id), part.tile().id !== "" && part.tile().id === shown);
    close.hidden = !shown;
    const count = parts.filter((part) => selected.has(part.tile().id)).length;
    setText(compare, count > 1 ? fill(words.compare, { count }) : words.compare_none);
    setAttribute(compare, "aria-disabled", count > 1 && !gone ? null : "true");
    setAttribute(compare, "title", count > 1 ? null : words.select_hint);
  };
  const tick = (): void => {
    if (!sheet) return;
    const now = clock.now();
    parts.forEach((part) => part.tick(now));
    const rest = sheet.state === "runs" ? leftWords(sheet.ends, now, left) : { text: "", left };
    left = rest.left;
    const text = [...sheet.parts, rest.text].filter(Boolean).join(" · ");
    setText(stands, gone ? `${notes.kernel_gone}: ${text}` : text);
  };
  const ticks = ticker(root, tick, signal);
  signal.addEventListener("abort", () => clearTimeout(wait), { once: true });

  const speak = (fresh: boolean): void => {
    const text = sheet?.state === "asks" ? "" : (sheet?.said ?? "");
    if (text === said) return;
    said = text;
    if (!fresh || !text || wait !== undefined) return;
    const tell = (): void => {
      aloud.say(said);
      const last = said;
      wait = setTimeout(() => {
        wait = undefined;
        if (said !== last) tell();
      }, SAID_APART);
    };
    tell();
  };
  const paint = (fresh: boolean): void => {
    const next = current();
    if (!next) return;
    const other = sheet?.id !== next.id;
    clock.learn(next.now, fresh);
    sheet = next;
    // A new start begins a new count-down; while one runs it never grows.
    if (other || next.ends === null || (lastEnds !== null && next.left > 0 && next.ends > lastEnds + 20_000)) left = Infinity;
    lastEnds = next.ends;
    const posters = loose(model.get("posters")) ?? {};
    if (other) {
      parts.splice(0).forEach((part) => part.rest());
      known.forEach((one) => (one.pressed = ""));
      if (fresh && next.state === "asks") aloud.say(`${next.title}, ${next.total}`);
    }
    next.tiles.forEach((tile, index) => {
      const part = (parts[index] ??= tilePart(tile, {
        model, bytes, signal,
        open: () => toggle(parts[index] as TilePart),
        select: () => select(parts[index] as TilePart),
        star: () => star(parts[index] as TilePart),
      }));
      part.update(tile, next, String(posters[tile.id] ?? ""));
    });
    Object.assign(root.dataset, { id: next.id, state: next.state });
    root.style.setProperty("--pvideo-ratio", shapeRatio(next.shape));
    setAttribute(root, "aria-label", fill(words.named, { name: next.name }));
    setText(title, next.name ? `${next.name}: ${next.title}` : next.title);
    setText(total, next.total);
    demo.hidden = !next.demo;
    setText(notice, next.notice);
    notice.hidden = !next.notice;
    problem.update(next.message);
    grid.lay(next, parts);
    play.hidden = next.tiles.filter((tile) => tile.video).length < 2;
    compare.hidden = next.tiles.filter((tile) => tile.video).length < 2;
    vary.update(model.get("vary"), gone);
    paintButtons();
    mark();
    ticks.wanted(next.state === "runs" && !gone);
    beat.active(next.state === "runs");
    tick();
    speak(fresh);
  };
  const kernel = (isGone: boolean): void => {
    gone = isGone;
    root.toggleAttribute("data-gone", gone);
    const text = message("kernel_gone", "bad");
    banner.update(gone ? text : null);
    if (gone) aloud.alert(text);
    paint(false);
  };

  observe(model, "change:sheet", () => paint(true), signal);
  observe(model, "change:posters", () => paint(true), signal);
  observe(model, "change:vary", () => paint(true), signal);
  observe(model, "change:opened", mark, signal);
  paint(false);
  el.append(root);
  // What stands below has a keyboard of its own.
  below(model, host, el, signal);
  beat.start();
  offerFile(model, () => current()?.id, signal);
}
