/** The Studio: the form, the priced button, the newest card in full and the strip of all. */
import { viewFrom } from "../card-widget";
import { cleanStudio } from "../clean";
import { h } from "../dom";
import { live } from "../live";
import { loose, observe, send, type RenderProps } from "../model";
import { fill, labels } from "../texts";
import type { Form, FormState, Inputs, Money, Price, Problem, StripFacts, View } from "../view";
import { arrivals as makeArrivals } from "./arrivals";
import { besidePart } from "./beside";
import { emptyStage } from "./empty";
import { formPart, type FormPart } from "./form";
import { generatePart, pressNonce } from "./generate";
import { store as makeStore } from "./inputs";
import { loadedFrom } from "./loaded";
import { loadingPart } from "./loading";
import { pasteInto } from "./paste";
import { shelf as makeShelf } from "./shelf";
import { strip as makeStrip } from "./strip";

export function renderStudio({ model, el, signal, host }: RenderProps): void {
  const read = <T extends object>(name: string): T => ({ ...loose(model.get(name)) }) as T;
  const readList = <T>(name: string): T[] => (Array.isArray(model.get(name)) ? (model.get(name) as T[]) : []);
  const views = (): View[] => readList<unknown>("views").flatMap((one) => viewFrom(one) ?? []);
  const isReady = (): boolean => read<FormState>("state").phase === "ready";

  let gone = false;
  let form: FormPart | null = null;
  let formEnd = new AbortController();
  let built = "";
  let chosen = "";
  let newest = views()[0]?.id ?? "";
  let told: { count: number; loose: Problem[] } = { count: 0, loose: [] };
  const loaded = loadedFrom();
  const touched = (): void => generate.anew();
  const arrivals = makeArrivals(touched, () => paintPress());
  /** Which of them is a load; another view of this Studio has its own. */
  const loads = new Map<unknown, () => void>();

  const root = h("div", { class: "pvideo pvideo-studio", role: "group" });
  const { keys, bytes, beat } = live(model, root, signal, () => newest, (isGone) => {
    gone = isGone;
    shelf.kernel(isGone);
    paintPress();
  });
  const ask = (content: object): void => {
    send(model, content);
    beat.expect();
  };
  const store = makeStore(read<Inputs>("inputs"), { model, changed: () => form?.refresh(), touched, isSecret: (name) => form?.field(name)?.field.control === "password", signal });
  const shelf = makeShelf({ model, keys, bytes, signal, pressed: beat.expect, busySince: beat.busySince });
  const strip = makeStrip({
    keys,
    open: (id) => open(id),
    compare: (ids) => ask({ kind: "compare", ids }),
    sweep: () => void order("sweep"),
    star: (id, stars) => ask({ kind: "star", id, stars }),
    signal,
  });
  const empty = emptyStage((prompt) => fillPrompt(prompt), (field) => form?.focus(field), signal);
  const loading = loadingPart(() => ask({ kind: "reload" }), signal);
  const beside = besidePart({
    host,
    changed: (hadFocus) => {
      paintViews(false);
      if (hadFocus) place.querySelector<HTMLElement>("section")?.focus();
    },
    left: () => send(model, { kind: "shut", beside: model.get("beside") }),
    reopen: () => send(model, { kind: "reopen" }),
    signal,
  });
  const place = h("div", { class: "pvideo-place" });
  const fields = h("div", { class: "pvideo-press" });
  const settings = h("div", { class: "pvideo-settings-place" });
  root.append(h("div", { class: "pvideo-layout" }, fields, h("div", { class: "pvideo-result" }, beside.back, place, beside.el, strip.el), settings));

  const problems = (): Problem[] => readList<Problem>("problems");
  /** What stops a press, as far as the page knows; while typing is under way, Python judges. */
  const blocked = (): string | undefined => {
    const own = form?.fields().find((part) => part.complaint())?.field.name;
    return own ?? (store.isPending() ? undefined : problems().find((one) => form?.field(one.field))?.field);
  };
  /** Sends the form's values with what is wanted of them, if they will do; once nothing of the form is on its way, if it is the same price then. */
  const order = (kind: string, more: object = {}): boolean => {
    if (gone || !isReady()) return false;
    const said = read<Price>("price").text;
    const isHeld = arrivals.hold(() => read<Price>("price").text === said && order(kind, more));
    paintPress();
    if (isHeld) return true;
    const wrong = blocked();
    if (wrong) {
      form?.touch();
      paintProblems();
      form?.focus(wrong);
      return false;
    }
    if (read<Price>("price").disabled && !store.isPending()) return false;
    loaded.forget();
    store.flush();
    ask({ kind, inputs: store.all(), nonce: pressNonce(), ...more });
    return true;
  };
  const press = (again: boolean): boolean => {
    const isSent = order("generate", again ? { again } : {});
    if (isSent) beside.leave();
    return isSent;
  };
  const undo = (): void => {
    const before = loaded.undo();
    if (before) store.setAll(before);
    form?.fields().forEach((part) => part.show());
    form?.prompt?.focus();
    paintPress();
  };
  const generate = generatePart({ press, undo, signal });
  /** Shows a video of the strip, and fills the form with exactly what made it. */
  const open = (id: string): void => {
    const shown = views().find((one) => one.id === id);
    if (!shown) return;
    chosen = id;
    beside.leave();
    loaded.begin(fill(labels.loaded, { name: shown.name || shown.prompt.slice(0, 40) }), store.all());
    store.settle();
    const stamp = pressNonce();
    loads.set(stamp, arrivals.begin());
    ask({ kind: "load", id, stamp });
    paintViews(true);
    paintPress();
  };

  const fillPrompt = (prompt: string): void => {
    if (!form?.prompt) return;
    store.set(form.prompt.field.name, prompt);
    form.prompt.show();
    form.prompt.focus();
  };
  const paintPress = (): void => {
    const price = read<Price>("price");
    generate.update({ price, money: read<Money>("money"), notice: arrivals.words() || String(model.get("notice") || loaded.words()), problems: told.count, loose: told.loose, canUndo: loaded.words() !== "", gone: gone || !isReady() });
    empty.update(read<Form>("form"), price, isReady());
    strip.sweeps(!gone && isReady() && !price.disabled);
  };
  const paintProblems = (): void => {
    told = form?.problems(problems()) ?? told;
    paintPress();
  };
  const paintForm = (): void => {
    const drawn = read<Form>("form");
    // What only says something anew must not take the controls away under a person's hands.
    const key = JSON.stringify({ ...drawn, first: "" });
    if (key === built) return paintPress();
    built = key;
    const focused = form?.fields().find((part) => part.el.contains(document.activeElement))?.field.name;
    formEnd.abort();
    formEnd = new AbortController();
    root.setAttribute("aria-label", fill(labels.studio, { title: drawn.title || drawn.model }));
    form = formPart(drawn, { model, store, keys, arrivals, signal: formEnd.signal });
    const prompt = form.prompt;
    if (prompt) keys.on(prompt.el, (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && (generate.press(), true));
    pasteInto(root, form, formEnd.signal);
    fields.replaceChildren(loading.el, form.press, generate.el);
    settings.replaceChildren(form.settings);
    form.refresh();
    paintState();
    paintProblems();
    paintViews(false);
    if (focused !== undefined) (form.field(focused) ?? form.prompt)?.focus();
    // A page that was just loaded has the files' names; their pictures come as messages.
    if (drawn.fields.some((field) => field.media && store.get(field.name))) send(model, { kind: "files" });
  };
  const paintState = (): void => {
    loading.update(read<FormState>("state"));
    for (const part of [form?.press, form?.settings]) part?.toggleAttribute("inert", !isReady());
    root.toggleAttribute("data-loading", !isReady());
    paintPress();
  };
  const paintViews = (fresh: boolean): void => {
    const all = views();
    if (all[0] && all[0].id !== newest) chosen = newest = all[0].id;
    const shown = all.find((one) => one.id === chosen) ?? all[0];
    shelf.update(all, fresh);
    const wanted = shown ? shelf.show(shown) : empty.el;
    if (place.firstChild !== wanted) place.replaceChildren(wanted);
    place.hidden = beside.isOpen();
    beside.ways(shown?.kind, String(model.get("behind") || ""));
    strip.update(all, read<StripFacts>("strip"), shown?.id ?? "", read<Money>("money").session);
    beat.active(all.some((one) => !one.done || one.phase === "saving") || !isReady());
    tellSeed(shown);
  };
  /** The seed that was used can be kept. */
  const tellSeed = (shown: View | undefined): void => {
    const used = shown?.facts.join(" · ").match(/seed (\d+)/)?.[1] ?? "";
    for (const part of form?.fields() ?? []) if (part.field.control === "seed") part.el.querySelector(".pvideo-inline")?.dispatchEvent(new CustomEvent("pvideo-used", { detail: used }));
  };
  const compareNow = (): void => {
    void beside.show(String(model.get("beside") || ""));
  };
  const clean = async (): Promise<void> => {
    const { html, model: id, key } = read<{ html: string; model: string; key: string }>("saved");
    if (html && id) await cleanStudio(model, id, html, key);
  };

  observe(model, "change:form", paintForm, signal);
  observe(model, "change:state", () => (paintState(), paintViews(false)), signal);
  const receive = (): void => {
    for (const name of store.receive(read<Inputs>("inputs"))) form?.field(name)?.show();
    form?.refresh();
  };
  observe(model, "change:inputs", receive, signal);
  observe(model, "change:problems", paintProblems, signal);
  for (const name of ["price", "notice"]) observe(model, `change:${name}`, paintPress, signal);
  observe(model, "change:money", () => (paintPress(), paintViews(true)), signal);
  for (const name of ["views", "strip", "behind"]) observe(model, `change:${name}`, () => paintViews(true), signal);
  observe(model, "change:beside", compareNow, signal);
  observe(model, "change:saved", () => void clean(), signal);
  observe(model, "msg:custom", (message) => {
    const content = loose(message);
    if (content?.["kind"] === "heard") {
      store.heard(content["stamp"]);
      receive();
    }
    if (content?.["kind"] === "loaded") loads.get(content["stamp"])?.();
    if (content?.["kind"] === "show") chosen = String(content["id"]);
    if (content?.["kind"] === "show") paintViews(true);
    if (content?.["kind"] !== "focus_problem") return;
    generate.anew();
    form?.touch();
    paintProblems();
    form?.focus(String(content["field"]));
  }, signal);
  signal.addEventListener("abort", () => formEnd.abort(), { once: true });
  // What was typed is known before what is pressed next, in a sheet too.
  root.addEventListener("focusout", store.flush, { signal });

  paintForm();
  el.append(root);
  beat.start();
  compareNow();
  void clean();
}
