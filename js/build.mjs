// Bundles the front end into the Python package: one ESM file (anywidget loads it from a blob: URL, so it imports nothing) and one style sheet.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { context, build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** texts.json holds every sentence of the product; the page needs its own words and the few messages it can raise by itself. */
const ownTexts = {
  name: "own-texts",
  setup(setup) {
    setup.onLoad({ filter: /texts\.json$/ }, async ({ path }) => {
      const { messages, ...rest } = JSON.parse(await readFile(path, "utf8"));
      const source = await readFile(here("src/texts.ts"), "utf8");
      const own = Object.entries(messages).filter(([key]) => source.includes(`"${key}"`));
      return { contents: JSON.stringify({ ...rest, messages: Object.fromEntries(own) }), loader: "json" };
    });
  },
};

const options = {
  entryPoints: { widget: here("src/index.ts") },
  outdir: here("../src/pvideo/static/"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  legalComments: "none",
  logLevel: "info",
  plugins: [ownTexts],
};
const styles = { ...options, entryPoints: { widget: here("src/widget.css") }, plugins: [] };

if (process.argv.includes("--watch")) {
  for (const one of [options, styles]) await (await context({ ...one, minify: false })).watch();
} else {
  for (const one of [options, styles]) await build(one);
}
