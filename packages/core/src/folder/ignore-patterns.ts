import ignore from 'ignore'

type Patterns = ReturnType<typeof ignore>

/**
 * What `.sitedriveignore` says: patterns in gitignore's syntax. A pattern with `!` also lets in what our own rules keep out,
 * but only when it writes out the name that is kept out: `!/docs/**` publishes no `/docs/.env`.
 */
export class IgnorePatterns {
  private readonly all: Patterns
  private readonly negated: string[]
  private readonly byName = new Map<string, LettingIn>()

  constructor(text: string) {
    this.all = ignore().add(text)
    this.negated = text
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1).trimEnd())
  }

  /** @param path in the drive, without the slash at its start; a folder ends with a slash */
  ignores(path: string): boolean {
    return this.all.ignores(path)
  }

  /**
   * Whether a pattern names a path, or a folder around it.
   *
   * @param path as for `ignores`
   * @param name the name in it that is kept out
   */
  letsIn(path: string, name: string): boolean {
    return this.for(name).whole.ignores(path)
  }

  /** Whether a pattern may name something below a folder. */
  mayLetInBelow(folder: string, name: string): boolean {
    const { around, anyDepth } = this.for(name)
    return (around.get(folder.split('/').length)?.ignores(folder) ?? false) || anyDepth.ignores(folder)
  }

  private for(name: string): LettingIn {
    let known = this.byName.get(name)
    if (!known) this.byName.set(name, (known = lettingIn(this.negated, name)))
    return known
  }
}

/** The patterns that let in what is kept out for one name. */
interface LettingIn {
  whole: Patterns
  /** The folders around what they name, by the number of their segments. */
  around: Map<number, Patterns>
  /** The folders below which they name something at any depth. */
  anyDepth: Patterns
}

function lettingIn(negated: readonly string[], name: string): LettingIn {
  const found: LettingIn = { whole: ignore(), around: new Map(), anyDepth: ignore() }
  for (const pattern of negated) {
    const segments = pattern.replace(/^\/|\/$/g, '').split('/')
    const at = segments.findIndex((segment) => writesOut(segment, name))
    if (at === -1) continue
    found.whole.add(pattern)
    for (let depth = at + 1; depth < segments.length; depth++) {
      const folder = `/${segments.slice(0, depth).join('/')}`
      if (segments.slice(0, depth).includes('**')) {
        found.anyDepth.add(folder)
        break
      }
      let patterns = found.around.get(depth)
      if (!patterns) found.around.set(depth, (patterns = ignore()))
      patterns.add(folder)
    }
  }
  return found
}

/** `.*` writes out the name of every dot file; `*` writes out none. */
function writesOut(segment: string, name: string): boolean {
  return segment === name || (name.startsWith('.') && segment.startsWith('.') && /[*?[]/.test(segment))
}
