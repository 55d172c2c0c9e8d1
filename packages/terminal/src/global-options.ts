import { InvalidArgumentError, Option } from 'commander'

export const projectOption = () =>
  new Option(
    '--project <dir>',
    'the folder of sitedrive.json; works as if started there (default: this folder)'
  )

export const jsonOption = () => new Option('--json', 'one JSON object on stdout, everything else on stderr')

export const bootstrapOption = () =>
  new Option(
    '--bootstrap <host:port>',
    'the DHT node to start from (default: SITEDRIVE_BOOTSTRAP, else the public ones)'
  )

/** Parses an option that may be given several times: its values become `a,b`. */
export function joinValues(words: string, before?: string): string {
  return before === undefined ? words : `${before},${words}`
}

/** @throws {InvalidArgumentError} when the text is not a port number */
export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}
