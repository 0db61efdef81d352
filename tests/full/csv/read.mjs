// Prints the rows of a CSV file as csv-parse reads them, as JSON: read.mjs FILE DELIMITER, from the folder of node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const { parse } = createRequire(process.cwd() + "/")("csv-parse/sync");
const [file, delimiter] = process.argv.slice(2);
console.log(JSON.stringify(parse(readFileSync(file), { delimiter, bom: true })));
