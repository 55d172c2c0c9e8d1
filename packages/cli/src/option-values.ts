import { InvalidArgumentError } from 'commander'

/** Reads a number of milliseconds, at most a minute. @throws {InvalidArgumentError} when it is none */
export function settleOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 60_000) return Number(text)
  throw new InvalidArgumentError('It is a number of milliseconds, at most 60000.')
}

/** Reads 1, 2, 3 and so on. @throws {InvalidArgumentError} when it is none of them */
export function countOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a number: 1, 2, 3 and so on.')
}

/** Reads `hugo@0.140.0`. @throws {InvalidArgumentError} when a part is missing */
export function generatorOf(text: string): { name: string; version: string } {
  // The last @ parts them: names such as @11ty/eleventy have one of their own.
  const at = text.lastIndexOf('@')
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), version: text.slice(at + 1) }
  throw new InvalidArgumentError('Expected name@version, such as hugo@0.140.0.')
}
