import { InvalidArgumentError } from 'commander'

/** Parses a number of milliseconds, at most one minute. @throws {InvalidArgumentError} when the text is something else */
export function parseSettleMs(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 60_000) return Number(text)
  throw new InvalidArgumentError('It is a number of milliseconds, at most 60000.')
}

/** Parses a positive whole number. @throws {InvalidArgumentError} when the text is something else */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a number: 1, 2, 3 and so on.')
}

/** Parses `hugo@0.140.0`. @throws {InvalidArgumentError} when a part is missing */
export function parseGenerator(text: string): { name: string; version: string } {
  // The last @ separates them: names such as @11ty/eleventy contain another one.
  const at = text.lastIndexOf('@')
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), version: text.slice(at + 1) }
  throw new InvalidArgumentError('Expected name@version, such as hugo@0.140.0.')
}
