// Evaluates C2PA asset rubrics over crJSON with the reference implementation of json-formula.
//
// Standard input: {"globals": {"$name": value}, "rubrics": {name: {variables, expressions, statements}},
// "reports": {file: crJSON}}. Standard output: {file: {rubric: {statement id: null | "what is wrong"}}}.
//
// A rubric's own functions see all their arguments in $args and the caller's data in @, as the official
// rubrics use them. A statement that cannot be evaluated fails: a rule nobody could apply is not passed.

import { readFileSync } from "node:fs";
import JsonFormula, { dataTypes } from "@adobe/json-formula";

const ANY = [{ types: [dataTypes.TYPE_ANY], optional: true, variadic: true }];

function evaluate(expression, data, rubric, globals) {
  const functions = {};
  for (const [name, body] of Object.entries(rubric.expressions)) {
    functions[name] = {
      _func: (args, callers) => evaluate(body, callers, rubric, { ...globals, $args: args }),
      _signature: ANY,
    };
  }
  return new JsonFormula(functions).search(expression, data, globals);
}

function isMatch(value) {
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== undefined && value !== false && value !== "" && value !== 0;
}

function complaint(statement, data, rubric, globals) {
  let value;
  try {
    value = evaluate(statement.expression, data, rubric, globals);
  } catch (error) {
    return `cannot be evaluated: ${error.message}`;
  }
  const blocks = Boolean(statement.failIfMatched || statement.warnIfMatched);
  if (isMatch(value) !== blocks) return null;
  return blocks ? `found ${JSON.stringify(value)}` : "not so";
}

const input = JSON.parse(readFileSync(0, "utf8"));
const answer = {};
for (const [file, report] of Object.entries(input.reports)) {
  answer[file] = {};
  for (const [name, rubric] of Object.entries(input.rubrics)) {
    const globals = { ...rubric.variables, ...input.globals };
    answer[file][name] = Object.fromEntries(
      rubric.statements.map((statement) => [
        statement.id,
        complaint(statement, report, rubric, globals),
      ]),
    );
  }
}
process.stdout.write(JSON.stringify(answer));
