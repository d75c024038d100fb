/** The Card: one job, live. It composes the parts and passes each view on to them; nothing here talks to Replicate, Python does. */
import { actionButtons } from "./actions";
import { announcer, cardName } from "./announce";
import { badge } from "./badge";
import { bar } from "./bar";
import type { Bytes } from "./bytes";
import { chainPlayer } from "./chain";
import { kernelClock, ticker } from "./clock";
import { h, setAttribute, setText } from "./dom";
import { gallery } from "./gallery";
import type { Keys } from "./keys";
import { message as messageBox } from "./message";
import { send, type Model } from "./model";
import { moreMenu } from "./more";
import { nextShot } from "./next-shot";
import { isLonger, noteFor, type Memory } from "./note";
import { factsLine, promptText } from "./prompt";
import { pictureOf, sendPicture } from "./picture";
import { frameRate, shapeName, shapeRatio, stage as makeStage } from "./stage";
import { labels, message, notes as words } from "./texts";
import type { Action, Message, View } from "./view";

/** A press that Python does not answer in this time meets a busy kernel. */
const UNHEARD = 2000;

export interface CardTools {
  model: Model;
  keys: Keys;
  bytes: Bytes;
  signal: AbortSignal;
  /** A press went out: the heartbeat then expects an answer. */
  pressed(): void;
  /** It heard nothing since then because it is busy, as far as one can tell. */
  busySince(at: number): boolean;
  /** Something around it speaks for it. */
  silent?: boolean;
}

export interface Card {
  el: HTMLElement;
  /** `fresh`: the view arrived now; the first paint may carry an old one. */
  update(view: View, fresh: boolean): void;
  kernel(gone: boolean): void;
  view(): View | null;
}

const calm = (): boolean => typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;

export function card(tools: CardTools): Card {
  const { model, keys, signal } = tools;
  const clock = kernelClock();
  const memory: Memory = { left: Infinity };
  let view: View | null = null;
  let gone = false;
  let own: Message | null = null;
  let unheard: ReturnType<typeof setTimeout> | undefined;

  const root = h("section", { class: "pvideo pvideo-card", tabindex: -1 });
  const note = h("span", { class: "pvideo-note", "aria-hidden": "true" });
  const demo = h("span", { class: "pvideo-demo", hidden: true }, labels.demo);
  const money = h("span", { class: "pvideo-money" });
  const state = badge();
  const progress = bar(calm);
  const banner = messageBox("pvideo-banner");
  const problem = messageBox();
  const prompt = promptText(signal);
  const facts = factsLine();
  const others = gallery(model);
  const aloud = announcer(signal);

  const press = (name: string, more: object = {}): boolean => {
    if (!view || gone) return false;
    const at = Date.now();
    const isSent = send(model, { kind: "action", id: view.id, nonce: view.nonce, name, ...more });
    tools.pressed();
    if (!isSent) return false;
    clearTimeout(unheard);
    unheard = setTimeout(() => tools.busySince(at) && show(message("kernel_busy", "info")), UNHEARD);
    return true;
  };
  /** The picture goes first, so that it is there when the press is heard; without one Python takes it out of the file. */
  const continueShot = async (prompt: string, at: number | null): Promise<void> => {
    const id = view?.id ?? "";
    const picture = await pictureOf(player(), at, frameRate(view));
    if (signal.aborted || view?.id !== id) return;
    if (picture) await sendPicture(model, id, picture);
    press("continue_shot", { prompt, at });
  };
  const show = (next: Message | null): void => {
    own = next;
    problem.update(own ?? view?.message ?? null);
  };
  const stage = makeStage({ model, bytes: tools.bytes, keys, signal, calm, seen: () => ticks.seen(), failed: (reason) => show(cannotPlay(reason)) });
  const player = (): HTMLVideoElement | null => stage.el.querySelector<HTMLVideoElement>("video.pvideo-media");
  const chain = chainPlayer({ model, bytes: tools.bytes, keys, signal, over: stage.el, pause: () => player()?.pause() });
  const box = nextShot({ keys, signal, video: player, press: (prompt, at) => void continueShot(prompt, at), opener: () => root.querySelector<HTMLElement>('[data-action="continue_shot"]') });
  const inPage = (action: Action): boolean => {
    if (action.ask) box.toggle();
    else if (action.name === "play_chain") chain.play(view?.chain ?? []);
    else return false;
    return true;
  };
  const buttons = actionButtons({ press: (_, name) => press(name), own: inPage, handOn: () => (stage.el.hidden ? root : stage.el).focus({ preventScroll: true }), signal });
  const more = moreMenu({ model, press: (_, name) => press(name), video: () => stage.el.querySelector("video"), signal });

  const hint = h("p", { class: "pvideo-promise" });
  buttons.row.append(more.toggle);
  const side = h("div", { class: "pvideo-side" }, problem.el, others.el, prompt.el, facts.el, buttons.row, hint, box.el, more.panel, more.below);
  const head = h("div", { class: "pvideo-head" }, state.el, note, h("span", { class: "pvideo-right" }, demo, money));
  root.append(h("div", { class: "pvideo-frame" }, banner.el, head, buttons.head, h("div", { class: "pvideo-body" }, progress.el, stage.el, side), tools.silent ? "" : aloud.el));

  const tick = (): void => {
    if (!view) return;
    const now = clock.now();
    const text = noteFor(view, now, memory);
    setText(note, gone ? `${words.kernel_gone}: ${text}` : text);
    progress.update(view, now, text);
    stage.tick(view, now);
    if (view.actions.some((action) => action.after)) buttons.update(view, now, !gone);
    if (isLonger(view, now)) aloud.longer(view);
  };
  const ticks = ticker(root, tick, signal);
  signal.addEventListener("abort", () => clearTimeout(unheard), { once: true });

  const paint = (next: View): void => {
    const now = clock.now();
    Object.assign(root.dataset, { status: next.status, id: next.id, phase: next.phase, shape: shapeName(next.shape) });
    root.style.setProperty("--pvideo-ratio", shapeRatio(next.shape));
    setAttribute(root, "aria-label", cardName(next));
    state.update(next);
    demo.hidden = !next.demo;
    setText(money, next.money);
    stage.update(next, now);
    others.update(next);
    prompt.update(next.prompt);
    facts.update(next);
    buttons.update(next, now, !gone);
    more.update(next);
    setText(hint, next.hint);
    box.update(next.actions.find((action) => action.ask)?.ask ?? "", !gone);
    chain.update(next.id, next.chain);
    ticks.wanted((!next.done || next.phase === "saving") && !gone);
    tick();
  };
  const cannotPlay = (reason: string): Message => {
    const found = message("cannot_play", "warn");
    return reason ? { ...found, sentence: reason } : found;
  };
  return {
    el: root,
    view: () => view,
    update(next, fresh) {
      const before = view?.id === next.id ? view : null;
      if (view && !before) memory.left = Infinity;
      clock.learn(next.now, fresh);
      view = next;
      if (!before || before.status !== next.status || own?.key === "kernel_busy" || before.video?.file !== next.video?.file) own = null;
      show(own);
      paint(next);
      aloud.change(before, next);
    },
    kernel(isGone) {
      if (gone === isGone || (isGone && !view)) return;
      gone = isGone;
      root.toggleAttribute("data-gone", gone);
      const text = message("kernel_gone", "bad");
      banner.update(gone ? text : null);
      if (gone) aloud.alert(text);
      if (view) paint(view);
    },
  };
}
