/** The traits and messages of both widgets. Mirrors src/pvideo/notebook/view.py; a contract test compares the keys. */

export type Status =
  | "sending"
  | "unconfirmed"
  | "starting"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "aborted"
  | "rejected"
  | "expired";

export type Phase =
  | ""
  | "waiting"
  | "sending"
  | "countdown"
  | "looking"
  | "lost"
  | "canceling"
  | "saving"
  | "library"
  | "budget"
  | "unsent";

export interface Message {
  key: string;
  title: string;
  sentence: string;
  next: string;
  tone: "bad" | "warn" | "info";
}

export interface Action {
  name: string;
  label: string;
  primary: boolean;
  costs: boolean;
  /** Seconds since `sent` before the button appears. */
  after?: number;
}

export interface More {
  name: string;
  label: string;
  text?: string;
  href?: string;
}

export interface Clip {
  /** The remote address while it lives, else "". */
  url: string;
  /** The path relative to the notebook's folder, "" until it is whole on disk. */
  file: string;
  type: string;
  bytes: number;
  seconds: number;
}

/** One job's card. Times are epoch milliseconds on the kernel's clock, durations are seconds. */
export interface View {
  id: string;
  nonce: string;
  name: string;
  status: Status;
  done: boolean;
  demo: boolean;
  phase: Phase;
  values: Record<string, string | number>;
  now: number;
  pressed: number | null;
  sent: number | null;
  created: number | null;
  next: number | null;
  estimate: { p50: number; p90: number; history: boolean } | null;
  progress: number | null;
  took: number | null;
  money: string;
  prompt: string;
  facts: string[];
  notes: string[];
  message: Message | null;
  actions: Action[];
  more: More[];
  video: Clip | null;
  received: number;
  total: number;
  shape: { width: number; height: number };
  poster: string;
  autoplay: boolean;
  log: { id: string; href: string } | null;
  kind: "video" | "image" | "audio" | "text" | "json";
  text: string;
  /** What a person thinks of it: 1 to 5, 0 is no rating. */
  stars: number;
  remark: string;
}

export type Control =
  | "text"
  | "line"
  | "slider"
  | "number"
  | "seed"
  | "switch"
  | "segments"
  | "ratio"
  | "menu"
  | "file"
  | "list"
  | "password"
  | "json";

export interface Field {
  name: string;
  label: string;
  kind: string;
  control: Control;
  unit: string;
  description: string;
  default: unknown;
  choices: { value: unknown; label: string }[];
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  media: string | null;
  place: "beside" | "form" | "more";
  inverted: boolean;
  required: boolean;
  voided_by: { field: string; reason: string } | null;
  accept: string;
}

export interface Form {
  model: string;
  title: string;
  fields: Field[];
  price_hint: string;
  first: string;
}

export type Inputs = Record<string, unknown>;

export interface Problem {
  field: string;
  message: string;
}

export interface Price {
  text: string;
  label: string;
  disabled: boolean;
  reason: string;
}

export interface Money {
  session: string;
  today: string;
  budget: string;
  text: string;
}
