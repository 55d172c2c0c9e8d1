/** A text that somebody reads: a page of the docs, or what a program has printed. */
export interface Printed {
  /** What it is, for the message when it lacks a line. */
  name: string
  text: string
}

/**
 * Finds a command line to copy.
 *
 * @param begins how the line begins
 * @param texts where it may stand; the first that has it counts
 * @param fill what is put for placeholders, such as `{ '<release>': '1' }`
 * @throws when none has it: whoever has only these texts does not know how to go on
 */
export function copied(begins: RegExp, texts: readonly Printed[], fill: Record<string, string> = {}): string {
  const found = texts.flatMap(({ text }) => commandsIn(text)).filter((command) => begins.test(command))
  const filled = found.map((command) =>
    Object.entries(fill).reduce((line, [placeholder, value]) => line.replace(placeholder, value), command)
  )
  const usable = filled.find((command) => !/<[a-z ]+>|…/.test(command))
  if (usable !== undefined) return usable
  const names = texts.map(({ name }) => name).join(', ')
  throw new Error(
    filled.length > 0
      ? `Nobody knows what to type for the placeholders of ${filled.map((line) => `\`${line}\``).join(', ')} in ${names}.`
      : `No command line in ${names} begins like ${begins.source}. They say:\n${texts.map(({ text }) => text).join('\n')}`
  )
}

/** Every command line of a text: lines of code blocks, code in a sentence, and the end of a line from `npx` on. */
export function commandsIn(text: string): string[] {
  let isBlock = false
  return text.split('\n').flatMap((line) => {
    if (/^\s*```/.test(line)) {
      isBlock = !isBlock
      return []
    }
    const code = [...line.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words)
    const plain = line.includes('`') ? [] : [isBlock ? line : (/\bnpx .*$/.exec(line)?.[0] ?? '')]
    return [...code, ...plain].map((words) =>
      words
        .replace(/^\s*\$ /, '')
        .replace(/\s+#\s.*$/, '')
        .trim()
    )
  })
}

/** The first block of code that names this package: a config to paste, with the file that its first comment names. */
export function copiedConfig(
  packageName: string,
  texts: readonly Printed[]
): { file: string; content: string } {
  for (const { text } of texts) {
    for (const [, content = ''] of text.matchAll(/^```[cm]?[jt]s\n(.*?)^```/gms)) {
      const [, file] = /^\/\/ ([\w./-]+\.[cm]?[jt]s)\b/.exec(content) ?? []
      if (file !== undefined && content.includes(`'${packageName}'`)) return { file, content }
    }
  }
  throw new Error(`No config with ${packageName} in ${texts.map(({ name }) => name).join(', ')}.`)
}
