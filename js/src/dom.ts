/** Elements, made without markup: text enters by textContent only, addresses after a check. */

type Child = Node | string | null | false;
type Props = { class?: string; data?: Record<string, string> } & Record<string, unknown>;

/** An element with attributes; `on…` is not offered: listeners take the view's signal. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (tag === "button") element.setAttribute("type", "button");
  for (const [name, value] of Object.entries(props)) {
    if (name === "data") Object.assign(element.dataset, value);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** null, undefined and false take the attribute away, true leaves it empty. Does nothing if it stands already (screen readers notice). */
export function setAttribute(element: Element, name: string, value: unknown): void {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An id that nothing else on the page has: another widget is another module, with counters of its own. */
export function ownId(): string {
  return `pvideo-${Math.random().toString(36).slice(2, 10)}`;
}

/** A line drawing in a 16 × 16 box, in the color of the text around it. */
export function drawing(path: string, name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: `pvideo-glyph pvideo-glyph-${name}`, "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;
const DELIVERY = /^(([a-z0-9-]+\.)*replicate\.delivery|ai-gateway-outputs\.[0-9a-f]{32}\.r2\.cloudflarestorage\.com)$/;

function parse(text: string): URL | null {
  try {
    return text ? new URL(text, location.href) : null;
  } catch {
    return null;
  }
}

/**
 * What may be played or drawn: the delivery hosts, the demo on loopback, our own blobs. Files of this server only where `resolveFile` found
 * them (`isFound`): any other address of it would be asked for with the person's cookies.
 */
export function mediaUrl(text: string, isFound = true): string | null {
  const url = parse(text);
  if (!url || url.username || url.password) return null;
  const hosts = { "https:": DELIVERY, "http:": LOOPBACK }[url.protocol];
  const may = url.origin === location.origin ? isFound && hosts : hosts?.test(url.hostname);
  return may || url.protocol === "blob:" ? url.href : null;
}

/** A poster also comes as the bytes of a picture. SVG is left out: it can hold more than a picture. */
export function imageUrl(text: string): string | null {
  return /^data:image\/(jpeg|png|webp|gif);base64,[A-Za-z0-9+/=]+$/.test(text) ? text : mediaUrl(text, false);
}

/** A model's SVG, for an `<img>` alone: there nothing of it can run. */
export function drawingUrl(text: string): string | null {
  return /^data:image\/svg\+xml;base64,[A-Za-z0-9+/=]+$/.test(text) ? text : null;
}

/** Where a link may lead: any https page, loopback, this server. */
export function linkUrl(text: string): string | null {
  const url = parse(text);
  return url?.protocol === "https:" ? url.href : mediaUrl(text);
}
