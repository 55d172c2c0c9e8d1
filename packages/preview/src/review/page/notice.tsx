interface NoticeProps {
  kind: 'loading' | 'problem' | 'refused'
  text?: string | null
}

/** A message in the place of the page. */
export function Notice({ kind, text }: NoticeProps) {
  if (kind === 'loading') {
    return (
      <main class="notice" aria-busy="true">
        <h1>Review</h1>
        <p>Comparing with the last release…</p>
      </main>
    )
  }
  return (
    <main class="notice">
      <h1>{kind === 'refused' ? 'This address is not valid any more' : 'The review cannot be shown'}</h1>
      <p role="alert">
        {kind === 'refused'
          ? 'Each start of the dev process gives the page another address. Open the one that it prints now.'
          : text}
      </p>
    </main>
  )
}
