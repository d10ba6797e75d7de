// Makes a component of an entry: node --input-type=module --eval THIS -- TOOL ROOT ENTRY WIT OUT
// No clock, no files, no network and no randomness: nothing is left to ask for but the diary.
import { readFile, writeFile } from "node:fs/promises";

const [tool, root, entry, wit, out] = process.argv.slice(1);
const onQuickJs = async () => ({
  jsSource: await readFile(entry, "utf8"),
  jsPath: entry,
  moduleRoot: root,
  witPath: wit,
  world: "plugin",
  stubWasi: true,
  sync: true,
});
const onSpiderMonkey = async () => ({
  sourcePath: entry,
  witPath: wit,
  worldName: "plugin",
  disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
try {
  const { componentize } = await import(tool);
  const { component } = await componentize(await (tool === "componentize-qjs" ? onQuickJs() : onSpiderMonkey()));
  await writeFile(out, component);
} catch (error) {
  console.error(error.message ?? String(error));
  process.exitCode = 1;
}
