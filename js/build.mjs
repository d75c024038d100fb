// Bundles the front end into the Python package: one ESM file (anywidget loads it from a blob: URL, so it imports nothing) and one style sheet.
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { context, build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** texts.json holds every sentence of the product; the page gets those that its sources name. */
const ownTexts = {
  name: "own-texts",
  setup(setup) {
    setup.onLoad({ filter: /texts\.json$/ }, async ({ path }) => {
      const files = (await readdir(here("src"), { recursive: true })).filter((name) => name.endsWith(".ts"));
      const source = (await Promise.all(files.map((name) => readFile(here(`src/${name}`), "utf8")))).join("\n");
      const isNamed = ([key]) => new RegExp(`\\.${key}\\b|"${key}"`).test(source);
      const own = Object.entries(JSON.parse(await readFile(path, "utf8"))).map(([group, texts]) => [group, Object.fromEntries(Object.entries(texts).filter(isNamed))]);
      return { contents: JSON.stringify(Object.fromEntries(own)), loader: "json", watchFiles: [path] };
    });
  },
};

export const scripts = {
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
export const styles = { ...scripts, entryPoints: { widget: here("src/widget.css") }, plugins: [] };

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
if (isMain && process.argv.includes("--watch")) {
  for (const one of [scripts, styles]) await (await context({ ...one, minify: false })).watch();
} else if (isMain) {
  for (const one of [scripts, styles]) await build(one);
}
