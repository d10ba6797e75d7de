// Makes a component of an entry: node --input-type=module --eval THIS -- ROOT ENTRY WIT OUT
import { componentize } from "componentize-qjs";
import { readFile, writeFile } from "node:fs/promises";

const [root, entry, wit, out] = process.argv.slice(1);
try {
  const { component } = await componentize({
    jsSource: await readFile(entry, "utf8"),
    jsPath: entry,
    moduleRoot: root,
    witPath: wit,
    world: "plugin",
    stubWasi: true, // no clock, no files, no randomness: nothing is left to ask for
    sync: true,
  });
  await writeFile(out, component);
} catch (error) {
  console.error(error.message ?? String(error));
  process.exitCode = 1;
}
