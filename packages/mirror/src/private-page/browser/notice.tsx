import type { ComponentChildren } from 'preact'

interface NoticeProps {
  title: string
  /** `loading`: something else takes its place soon. */
  kind?: 'loading' | 'problem'
  children: ComponentChildren
}

/** A message in the place of a page. */
export function Notice({ title, kind = 'problem', children }: NoticeProps) {
  return (
    <main class="notice" aria-busy={kind === 'loading' ? 'true' : undefined}>
      <h1>{title}</h1>
      <p role={kind === 'loading' ? undefined : 'alert'}>{children}</p>
    </main>
  )
}
