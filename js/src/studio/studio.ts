/** The Studio: the form, the priced button, the newest card in full and the strip of the others. */
import { below } from "../below";
import { viewFrom } from "../card-widget";
import { h } from "../dom";
import { live } from "../live";
import { loose, observe, send, type RenderProps } from "../model";
import { fill, labels } from "../texts";
import type { Form, Inputs, Money, Price, Problem, View } from "../view";
import { emptyStage } from "./empty";
import { formPart, type FormPart } from "./form";
import { generatePart, pressNonce } from "./generate";
import { store as makeStore } from "./inputs";
import { pasteInto } from "./paste";
import { shelf as makeShelf } from "./shelf";
import { strip as makeStrip } from "./strip";

const PRICE: Price = { text: "", label: "", disabled: false, reason: "" };
const MONEY: Money = { session: "", today: "", budget: "", text: "" };

export function renderStudio({ model, el, signal, host }: RenderProps): void {
  const read = <T extends object>(name: string, otherwise: T): T => ({ ...otherwise, ...loose(model.get(name)) });
  const readList = <T>(name: string): T[] => (Array.isArray(model.get(name)) ? (model.get(name) as T[]) : []);
  const views = (): View[] => readList<unknown>("views").flatMap((one) => viewFrom(one) ?? []);
  const formNow = (): Form => read<Form>("form", { model: "", title: "", fields: [], price_hint: "", first: "" });

  let gone = false;
  let form: FormPart | null = null;
  let formEnd = new AbortController();
  let chosen = "";
  let newest = views()[0]?.id ?? "";
  let before: Inputs | null = null;
  let loaded = "";
  let loosened: Problem[] = [];

  const root = h("div", { class: "pvideo pvideo-studio", role: "group", "aria-label": "pvideo Studio" });
  const { keys, bytes, beat } = live(model, root, signal, () => newest, (isGone) => {
    gone = isGone;
    shelf.kernel(isGone);
    paintPress();
  });
  const store = makeStore(read<Inputs>("inputs", {}), { model, changed: () => form?.refresh(), isSecret: (name) => form?.field(name)?.field.control === "password", signal });
  const shelf = makeShelf({ model, keys, bytes, signal, pressed: beat.expect, lastHeard: beat.lastHeard });
  const strip = makeStrip(keys, (id) => ((chosen = id), paintViews(true)), signal);
  const load = h("button", { class: "pvideo-link pvideo-load", hidden: true }, labels.use_settings);
  const empty = emptyStage((prompt) => fillPrompt(prompt), (field) => form?.focus(field), signal);
  const place = h("div", { class: "pvideo-place" });
  const fields = h("div", { class: "pvideo-press" });
  const settings = h("div", { class: "pvideo-settings-place" });
  root.append(h("div", { class: "pvideo-layout" }, fields, h("div", { class: "pvideo-result" }, place, load, strip.el), settings));

  const problems = (): Problem[] => readList<Problem>("problems");
  /** What stops a press, as far as the page knows; while typing is under way, Python judges. */
  const blocked = (): string | undefined => {
    const own = form?.fields().find((part) => part.complaint())?.field.name;
    return own ?? (store.isPending() ? undefined : problems().find((one) => form?.field(one.field))?.field);
  };
  const press = (again: boolean): void => {
    const wrong = blocked();
    if (wrong) return form?.focus(wrong);
    if (read("price", PRICE).disabled && !store.isPending()) return;
    before = null;
    loaded = "";
    store.flush();
    send(model, { kind: "generate", inputs: store.all(), nonce: pressNonce(), ...(again ? { again } : {}) });
    beat.expect();
  };
  const undo = (): void => {
    if (before) store.setAll(before);
    before = null;
    loaded = "";
    form?.fields().forEach((part) => part.show());
    paintPress();
  };
  const generate = generatePart({ press, undo, signal });

  const fillPrompt = (prompt: string): void => {
    store.set(form?.prompt?.field.name ?? "prompt", prompt);
    form?.prompt?.show();
    form?.prompt?.focus();
  };
  const paintPress = (): void => {
    const price = read("price", PRICE);
    generate.update({ price, money: read("money", MONEY), notice: String(model.get("notice") || loaded), problems: problems().length, loose: loosened, canUndo: before !== null, gone });
    empty.update(formNow(), price);
  };
  const paintProblems = (): void => {
    loosened = form?.problems(problems()) ?? [];
    paintPress();
  };
  const paintForm = (): void => {
    formEnd.abort();
    formEnd = new AbortController();
    form = formPart(formNow(), { model, store, keys, signal: formEnd.signal });
    const prompt = form.prompt;
    if (prompt) keys.on(prompt.el, (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && (generate.press(), true));
    pasteInto(root, form, formEnd.signal);
    fields.replaceChildren(form.press, generate.el);
    settings.replaceChildren(form.settings);
    form.refresh();
    paintProblems();
  };
  const paintViews = (fresh: boolean): void => {
    const all = views();
    if (all[0] && all[0].id !== newest) chosen = newest = all[0].id;
    const shown = all.find((one) => one.id === chosen) ?? all[0];
    shelf.update(all, fresh);
    const wanted = shown ? shelf.show(shown) : empty.el;
    if (place.firstChild !== wanted) place.replaceChildren(wanted);
    load.hidden = !shown || shown.id === newest;
    strip.update(all, shown?.id ?? "", read("money", MONEY).session);
    beat.active(all.some((one) => !one.done || one.phase === "saving"));
    tellSeed(shown);
  };
  /** The seed that was used can be kept. */
  const tellSeed = (shown: View | undefined): void => {
    const used = shown?.facts.join(" · ").match(/seed (\d+)/)?.[1] ?? "";
    for (const part of form?.fields() ?? []) if (part.field.control === "seed") part.el.querySelector(".pvideo-inline")?.dispatchEvent(new CustomEvent("pvideo-used", { detail: used }));
  };
  load.addEventListener("click", () => {
    const shown = views().find((one) => one.id === chosen);
    if (!shown || !send(model, { kind: "load", id: shown.id })) return;
    before = store.all();
    loaded = fill(labels.loaded, { name: shown.name || shown.prompt.slice(0, 40) });
    paintPress();
    beat.expect();
  }, { signal });

  observe(model, "change:form", paintForm, signal);
  observe(model, "change:inputs", () => {
    for (const name of store.receive(read<Inputs>("inputs", {}))) form?.field(name)?.show();
    form?.refresh();
  }, signal);
  observe(model, "change:problems", paintProblems, signal);
  for (const name of ["price", "notice"]) observe(model, `change:${name}`, paintPress, signal);
  observe(model, "change:money", () => (paintPress(), paintViews(true)), signal);
  observe(model, "change:views", () => paintViews(true), signal);
  observe(model, "msg:custom", (message) => {
    const content = loose(message);
    if (content?.["kind"] === "focus_problem") form?.focus(String(content["field"]));
    if (content?.["kind"] !== "show") return;
    chosen = String(content["id"]);
    paintViews(true);
  }, signal);
  signal.addEventListener("abort", () => formEnd.abort(), { once: true });

  paintForm();
  paintViews(false);
  el.append(root);
  below(model, host, el, signal);
  beat.start();
}
