/** Stars and a note: five radios that look like stars, and a line of text. What is chosen is kept at once, the note when it is left. */
import { drawing, h, ownId, setAttribute } from "./dom";
import { fill, labels } from "./texts";

const STAR = "M8 1.9l1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.7l-3.8 2 .7-4.3-3.1-3 4.3-.6z";
export const MOST = 5;

export function starWords(stars: number): string {
  return stars === 0 ? labels.stars_none : stars === 1 ? labels.stars_one : fill(labels.stars_many, { count: stars });
}

export function star(): SVGSVGElement {
  return drawing(STAR, "star");
}

export interface Rating {
  el: HTMLElement;
  update(id: string, stars: number, note: string): void;
}

export function ratingPanel(rate: (stars: number, note: string) => void, signal: AbortSignal): Rating {
  const group = ownId();
  const radios = Array.from({ length: MOST + 1 }, (_, value) => h("input", { type: "radio", name: group, value, "aria-label": starWords(value) }));
  const boxes = radios.map((radio, value) => h("label", { class: value ? "pvideo-star" : "pvideo-star pvideo-star-none", title: starWords(value) }, radio, value ? star() : labels.stars_none));
  // The "none" stands last: the stars come first to hand.
  const stars = h("div", { class: "pvideo-stars", role: "radiogroup", "aria-label": fill(labels.stars_many, { count: "" }) }, ...boxes.slice(1), boxes[0] as HTMLElement);
  const note = h("input", { class: "pvideo-input pvideo-note-line", type: "text", maxlength: 2000, placeholder: labels.note_hint, "aria-label": labels.note });
  const el = h("div", { class: "pvideo-rating" }, stars, note);
  let given = { id: "", stars: 0, note: "" };

  const paint = (count: number): void => boxes.forEach((box, value) => setAttribute(box, "data-on", value > 0 && value <= count));
  const chosen = (): number => Math.max(0, radios.findIndex((radio) => radio.checked));
  const keep = (): void => {
    const now = { id: given.id, stars: chosen(), note: note.value.trim() };
    if (now.stars === given.stars && now.note === given.note) return;
    given = now;
    paint(now.stars);
    rate(now.stars, now.note);
  };
  for (const radio of radios) radio.addEventListener("change", keep, { signal });
  note.addEventListener("change", keep, { signal });
  return {
    el,
    update(id, count, text) {
      const same = given.id === id && given.stars === count && given.note === text;
      const typing = given.id === id && el.ownerDocument.activeElement === note;
      if (same) return;
      given = { id, stars: count, note: text };
      const radio = radios[count];
      if (radio) radio.checked = true;
      paint(count);
      if (!typing) note.value = text;
    },
  };
}
