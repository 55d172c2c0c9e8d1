import type { Command, CommanderError } from 'commander'

/** What is wrong with a command line. */
export interface UsageError {
  /** One sentence, such as `Unknown command 'x'.`; null: no command was given, and the help was printed. */
  problem: string | null
  /** What may have been meant: `Did you mean publish?` */
  suggestion: string | null
  /** The command, as far as the words name one: `sitedrive key show`. */
  command: string
}

/** @param words those that the program parses */
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
