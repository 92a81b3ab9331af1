/**
 * Answers of NetBox's REST API, saved to files and put together by path: `{ "dcim/devices": …, "dcim/interfaces": … }`. An
 * answer is a plain list, a page (`count`, `next`, `results`) or a list of pages.
 */
import type { NoteList } from "../import-result.ts";
import { importError } from "../import-result.ts";
import { at, entriesOf, isAbsent, isMapping, itemsOf, maybeNumber, maybeText, numberOf } from "../source.ts";
import type { Source } from "../source.ts";

export interface NetboxExport {
  /** Objects of one path, such as `dcim/cables`; none where the export lacks it. */
  readonly list: (path: string) => readonly Source[];
  readonly has: (path: string) => boolean;
}

export function netboxExport(root: Source, notes: NoteList): NetboxExport {
  const lists = new Map<string, readonly Source[]>();
  for (const [key, answer] of entriesOf(root)) {
    const path = key.replace(/^\/?(?:api\/)?/, "").replace(/\/$/, "");
    if (lists.has(path)) throw importError(key, `stands for ${path}, which is there twice`);
    const objects = objectsOf(answer, notes);
    // NetBox orders answers as its users want; by number, nothing depends on that.
    lists.set(
      path,
      objects.toSorted((left, right) => numberOf(at(left, "id")) - numberOf(at(right, "id"))),
    );
  }
  return { list: (path) => lists.get(path) ?? [], has: (path) => lists.has(path) };
}

function objectsOf(answer: Source, notes: NoteList): readonly Source[] {
  if (isMapping(answer)) return pagesOf([answer], notes);
  const items = itemsOf(answer);
  const isPaged = items.length > 0 && items.every((item) => isMapping(item) && !isAbsent(at(item, "results")));
  return isPaged ? pagesOf(items, notes) : items;
}

/** Pages count all objects of the question, so that a missing page shows. */
function pagesOf(pages: readonly Source[], notes: NoteList): readonly Source[] {
  const objects = pages.flatMap((page) => {
    const results = at(page, "results");
    if (isAbsent(results)) throw importError(results.path, "is missing; a page of NetBox's API has it");
    return itemsOf(results);
  });
  const [first] = pages;
  const count = first === undefined ? undefined : maybeNumber(at(first, "count"));
  if (first !== undefined && count !== undefined && objects.length < count)
    notes.add(
      first.path,
      `has ${objects.length} of ${count} objects: ask for the other pages as well, each at the \`next\` of the one before`,
    );
  return objects;
}

/** The value of a choice field: `{ value, label }`, or the value alone. */
export function choiceOf(source: Source): string | undefined {
  return isMapping(source) ? maybeText(at(source, "value")) : maybeText(source);
}

/** The number of an object that is referred to: nested, or by its number alone. */
export function idOf(source: Source): number | undefined {
  if (isAbsent(source)) return undefined;
  return isMapping(source) ? numberOf(at(source, "id")) : maybeNumber(source);
}

/** Name of a nested object; without one, its display text. */
export function nameOf(source: Source): string | undefined {
  if (!isMapping(source)) return undefined;
  return maybeText(at(source, "name")) ?? maybeText(at(source, "display"));
}

/** Objects by their number. */
export function byId(objects: readonly Source[]): ReadonlyMap<number, Source> {
  return new Map(objects.map((object) => [numberOf(at(object, "id")), object]));
}
