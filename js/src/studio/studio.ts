import type { RenderProps } from "../model";
export function renderStudio({ el }: RenderProps): void {
  el.append("Studio");
}
