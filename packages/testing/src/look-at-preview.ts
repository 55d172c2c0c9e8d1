/**
 * Looks at a live preview as a browser does, with its stream of events open.
 *
 * @returns looks away
 */
export async function lookAtPreview(url: string): Promise<() => void> {
  const ended = new AbortController()
  const { body } = await fetch(new URL('/.well-known/sitedrive/events?since=', url), ended)
  // Read all the time: a response that nobody holds any more is ended by the garbage collector.
  body?.pipeTo(new WritableStream(), { signal: ended.signal }).catch(() => {}) // it ends when it is told to
  return () => ended.abort()
}
