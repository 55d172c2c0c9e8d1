import type { HtmlFacts, PageProblem, Reference, ServerForm } from './content-types.js'

/**
 * Packs the facts of many files into JSON that is small and fast to parse. Pages of one site have many equal references, so
 * each text is stored once, and references are numbers.
 */
export interface PackedFacts {
  texts: string[]
  rows: PackedRow[]
}

type PackedRow = [
  key: string,
  title: string | null,
  description: string | null,
  language: string | null,
  base: string | null,
  isRedirect: 0 | 1,
  problem: PageProblem | null,
  /** Text, kind and line of each, one after another. */
  references: number[],
  anchors: number[],
  formActions: string[],
  serverForms: ServerForm[]
]

const LINK = 0
const ASSET = 1
const FOR_MACHINES = 2
const SPELLED_OUT = 4
const IN_SCRIPT = 8
const ALL_FLAGS = 16

export function packFacts(facts: Iterable<readonly [string, HtmlFacts]>): PackedFacts {
  const texts: string[] = []
  const indices = new Map<string, number>()
  const indexOf = (text: string): number => {
    let index = indices.get(text)
    if (index === undefined) {
      index = texts.push(text) - 1
      indices.set(text, index)
    }
    return index
  }
  const rows: PackedRow[] = []
  for (const [key, fact] of facts) {
    const references: number[] = []
    for (const { url, kind, line, isForMachines, isSpelledOut, isInScript } of fact.references) {
      const flags =
        (kind === 'asset' ? ASSET : LINK) |
        (isForMachines ? FOR_MACHINES : 0) |
        (isSpelledOut ? SPELLED_OUT : 0) |
        (isInScript ? IN_SCRIPT : 0)
      references.push(indexOf(url), flags, line ?? 0)
    }
    rows.push([
      key,
      fact.title,
      fact.description,
      fact.language,
      fact.base,
      fact.isRedirect ? 1 : 0,
      fact.problem,
      references,
      fact.anchors.map(indexOf),
      fact.formActions,
      fact.serverForms
    ])
  }
  return { texts, rows }
}

/** @throws {TypeError} when it was not made by `packFacts` */
export function unpackFacts({ texts, rows }: PackedFacts): Map<string, HtmlFacts> {
  const text = (index: number | undefined): string => {
    const found = texts[index ?? -1]
    if (found === undefined) throw new TypeError('A text is missing.')
    return found
  }
  const reference = interned(text)
  const facts = new Map<string, HtmlFacts>()
  for (const row of rows) {
    const [
      key,
      title,
      description,
      language,
      base,
      isRedirect,
      problem,
      numbers,
      anchors,
      formActions,
      serverForms
    ] = row
    const references: Reference[] = []
    for (let at = 0; at < numbers.length; at += 3) {
      references.push(reference(numbers[at] ?? -1, numbers[at + 1] ?? 0, numbers[at + 2] ?? 0))
    }
    facts.set(key, {
      title,
      description,
      language,
      references,
      anchors: anchors.map(text),
      base,
      formActions,
      serverForms,
      isRedirect: isRedirect === 1,
      problem
    })
  }
  return facts
}

/** Makes references. Equal references without a line are one object for all pages, which saves much memory. */
function interned(
  textOf: (index: number) => string
): (text: number, flags: number, line: number) => Reference {
  const known = new Map<number, Reference>()
  return (text, flags, line) => {
    const key = text * ALL_FLAGS + flags
    const found = line === 0 ? known.get(key) : undefined
    if (found) return found
    const kind = flags & ASSET ? 'asset' : 'link'
    const reference: Reference = { url: textOf(text), kind, line: line || null }
    if (flags & FOR_MACHINES) reference.isForMachines = true
    if (flags & SPELLED_OUT) reference.isSpelledOut = true
    if (flags & IN_SCRIPT) reference.isInScript = true
    if (line === 0) known.set(key, reference)
    return reference
  }
}
