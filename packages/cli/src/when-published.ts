import { printable } from '@sitedrive/core'

/** A release's time on this machine's clock: `2026-02-28 17:05`. It is the publisher's claim: what is no time stays as it is. */
export function whenPublished(publishedAt: string): string {
  const time = new Date(publishedAt)
  if (Number.isNaN(time.getTime())) return printable(publishedAt).slice(0, 16).padEnd(16)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}
