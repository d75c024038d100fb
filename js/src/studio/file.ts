/** A file: dropped, pasted, chosen, or an address. */
import { drawing, h, imageUrl, setText } from "../dom";
import { loose, observe, send } from "../model";
import { fill, labels, megabytes } from "../texts";
import { asText, type MakeControl } from "./control";
import { LARGEST, upload } from "./upload";

const PICTURES: Record<string, string> = {
  image: "M2.5 3.5h11v9h-11zM2.5 10.5l3-3 2.6 2.6 2-2 3.4 3.2M10.6 6v.1",
  audio: "M6 12V4l7-1.5v8M6 12a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 1 1 3.6 0M13 10.5a1.8 1.8 0 1 1-3.6 0a1.8 1.8 0 1 1 3.6 0",
  video: "M2.5 4h7.5v8h-7.5zM10 7l3.5-2v6L10 9",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
};

const sizeText = (bytes: number): string => (bytes >= 1e5 ? `${megabytes(bytes)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`);
const isAddress = (value: unknown): value is string => typeof value === "string" && /^(https?|data):/i.test(value);

export const file: MakeControl = (tools) => {
  const { field, id, model, signal, slot } = tools;
  const input = h("input", { id, type: "file", accept: field.accept || null, class: "pvideo-aloud" });
  const pick = h("label", { class: "pvideo-drop-pick", for: id }, drawing(PICTURES[field.media ?? "file"] ?? PICTURES["file"] ?? "", "file"), h("span", {}, labels.choose));
  const thumb = h("img", { class: "pvideo-thumb", alt: "", hidden: true });
  const name = h("span", { class: "pvideo-file-name" });
  const remove = h("button", { class: "pvideo-button pvideo-plain", "aria-label": `${labels.remove}: ${field.label}`, hidden: true }, "✕");
  const address = h("input", { type: "url", class: "pvideo-input pvideo-address", placeholder: labels.address, "aria-label": `${field.label}: ${labels.address}`, autocomplete: "off" });
  const zone = h("div", { class: "pvideo-drop" }, input, pick, thumb, name, remove);
  const el = h("div", { class: "pvideo-file", role: "group" }, zone, address);
  let shown = "";
  let local = "";
  let known: { name: string; size: number } | null = null;
  let off = false;
  /** What each file that left has to be told at its end, oldest first. */
  let ends: ((lost?: boolean) => void)[] = [];

  const end = (lost?: boolean): void => ends.shift()?.(lost);
  const endAll = (): void => {
    ends.forEach((one) => one(true));
    ends = [];
  };
  const picture = (url: string): void => {
    if (local) URL.revokeObjectURL(local);
    local = url.startsWith("blob:") ? url : "";
    const safe = imageUrl(url);
    thumb.hidden = !safe;
    if (safe) thumb.src = safe;
  };
  const paint = (text: string): void => {
    const has = text !== "";
    setText(name, text);
    zone.toggleAttribute("data-full", has);
    pick.hidden = address.hidden = has;
    remove.hidden = !has;
    if (!has) picture("");
  };
  /** What is in use is known by its name only. */
  const paintName = (): void => {
    known = null;
    picture("");
    paint(shown.split(/[\\/]/).at(-1) ?? "");
  };
  const take = async (chosen: File | null | undefined): Promise<void> => {
    if (!chosen || off) return;
    if (chosen.size > LARGEST) return tools.complain(fill(labels.too_large, { name: chosen.name }));
    tools.complain("");
    known = { name: chosen.name, size: chosen.size };
    picture(chosen.type.startsWith("image/") ? URL.createObjectURL(chosen) : "");
    const progress = (part: number): void => paint(part < 1 ? fill(labels.uploading, { percent: Math.round(part * 100) }) : `${chosen.name} · ${sizeText(chosen.size)}`);
    progress(0);
    ends.push(tools.arrivals.begin());
    if (!(await upload(model, field.name, chosen, progress, signal, slot))) end(true);
  };
  const clear = (): void => {
    const wasFile = !address.value;
    endAll();
    known = null;
    input.value = address.value = "";
    tools.complain("");
    paint("");
    // The files of a list go with it; one of them alone is only not used any more.
    if (wasFile && slot === undefined) send(model, { kind: "file_clear", field: field.name });
    tools.change(null);
    input.focus();
  };
  input.addEventListener("change", () => void take(input.files?.[0]), { signal });
  remove.addEventListener("click", clear, { signal });
  address.addEventListener("input", () => {
    const text = address.value.trim();
    const fits = /^https:\/\//i.test(text);
    // What is only begun is not wrong yet.
    tools.complain(fits || "https://".startsWith(text.toLowerCase()) ? "" : labels.address_https);
    tools.change(fits ? text : null);
  }, { signal });
  el.addEventListener("dragover", (event) => (event.preventDefault(), event.stopPropagation(), zone.toggleAttribute("data-over", true)), { signal });
  el.addEventListener("dragleave", () => zone.removeAttribute("data-over"), { signal });
  el.addEventListener("drop", (event) => (event.preventDefault(), event.stopPropagation(), zone.removeAttribute("data-over"), void take(event.dataTransfer?.files[0])), { signal });
  el.addEventListener("pvideo-paste", (event) => void take((event as CustomEvent<File>).detail), { signal });
  signal.addEventListener("abort", () => (endAll(), local && URL.revokeObjectURL(local)), { once: true });
  observe(model, "msg:custom", (message) => {
    const content = loose(message);
    const isLost = content?.["kind"] === "file_lost";
    if (!content || !(isLost || content["kind"] === "file_ok") || content["field"] !== field.name) return;
    // Without a slot it is told to all pages: each control knows its own file.
    const isMine = content["slot"] === undefined ? slot === undefined || shown === content["name"] : content["slot"] === slot;
    if (!isMine) return;
    if (isLost) return paintName(), end(true);
    known = { name: asText(content["name"]), size: Number(content["size"]) };
    if (slot !== undefined && shown !== known.name) tools.change((shown = known.name));
    paint(`${known.name} · ${sizeText(known.size)}`);
    if (content["thumb"]) picture(asText(content["thumb"]));
    end();
  }, signal);

  return {
    el,
    target: input,
    group: false,
    set(value) {
      if (isAddress(value)) {
        if (document.activeElement !== address && address.value !== value) address.value = value;
        return;
      }
      const text = (shown = asText(value));
      if (!text) {
        if (address === document.activeElement) return;
        address.value = "";
        known = null;
      }
      if (known?.name !== text) paintName();
    },
    disable(on) {
      off = on;
      [input, address, remove].forEach((one) => (one.disabled = on));
    },
  };
};
