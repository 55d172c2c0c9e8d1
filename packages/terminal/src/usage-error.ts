import type { Command, CommanderError } from 'commander'

/** An error in a command line. */
export interface UsageError {
  /** One sentence, such as `Unknown command 'x'.`; null: no command was given, and the help was printed. */
  problem: string | null
  /** A similar name that exists: `Did you mean publish?` */
  suggestion: string | null
  /** The command as far as it is known, such as `sitedrive key show`. */
  command: string
}

/** @param words the words that the program parses */
export function readUsageError(
  { code, message }: CommanderError,
  program: Command,
  words: readonly string[]
): UsageError {
  const command = usedCommand(program, words)
  if (code === 'commander.help') return { problem: null, suggestion: null, command }
  const [first = '', second] = message.replace(/^error: /, '').split('\n')
  return {
    problem: `${first.slice(0, 1).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`,
    suggestion: second?.replace(/^\((.*)\)$/, '$1') || null,
    command
  }
}

function usedCommand(program: Command, words: readonly string[]): string {
  const names = [program.name()]
  let command = program
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next) names.push(next.name())
    command = next ?? command
  }
  return names.join(' ')
}
