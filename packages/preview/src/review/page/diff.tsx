import type { DiffAnswer, DiffLine, Hunk, Span } from '../api.js'
import { plural } from '../../../../mirror/src/private-page/browser/page-words.js'

const OF = { source: '', text: 'The text of the page, for its source is not known.', file: '' }

export function Diff({ diff }: { diff: DiffAnswer }) {
  const note = diff.kind === 'words' ? OF[diff.of] : ''
  return (
    <>
      {note !== '' && <p class="quiet-note">{note}</p>}
      {diff.hunks.length === 0 && diff.limit === null && (
        <p class="quiet-note">
          {diff.kind === 'words'
            ? 'Its words are the same. What differs is in the HTML.'
            : 'No line differs.'}
        </p>
      )}
      {diff.hunks.length > 0 &&
        (diff.kind === 'words' ? <Prose hunks={diff.hunks} /> : <Lines hunks={diff.hunks} />)}
      {diff.limit !== null && <p class="callout">{diff.limit}</p>}
    </>
  )
}

/** For writers: paragraphs with their added and removed words. */
function Prose({ hunks }: { hunks: Hunk[] }) {
  return (
    <div class="prose">
      {hunks.map((hunk, number) => (
        <section key={number}>
          {hunk.skipped > 0 && <p class="skipped">{plural(hunk.skipped, 'paragraph')} unchanged</p>}
          {hunk.lines.map((line, at) => (
            <p key={at} class={line.op}>
              <Words line={line} />
            </p>
          ))}
        </section>
      ))}
    </div>
  )
}

/** For people who read code: line by line. */
function Lines({ hunks }: { hunks: Hunk[] }) {
  return (
    <div class="lines" tabIndex={0} role="region" aria-label="Line by line">
      <table>
        <tbody>
          {hunks.map((hunk, number) => (
            <HunkRows key={number} hunk={hunk} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function HunkRows({ hunk }: { hunk: Hunk }) {
  return (
    <>
      {hunk.skipped > 0 && (
        <tr class="skipped">
          <td colSpan={3}>{plural(hunk.skipped, 'line')} unchanged</td>
        </tr>
      )}
      {hunk.lines.map((line, at) => (
        <tr key={at} class={line.op}>
          <td class="number">{line.before ?? ''}</td>
          <td class="number">{line.now ?? ''}</td>
          <td class="code">
            <Code line={line} />
          </td>
        </tr>
      ))}
    </>
  )
}

/** The line has a colour of its own; inside it, the words that differ from the replaced line are marked. */
function Code({ line: { spans } }: { line: DiffLine }) {
  const isWhole = spans.length === 1
  return <>{spans.map((span, at) => (isWhole ? span.text : wordOf(span, at)))}</>
}

function Words({ line }: { line: DiffLine }) {
  if (line.op === 'add') return <ins>{textOf(line.spans)}</ins>
  if (line.op === 'remove') return <del>{textOf(line.spans)}</del>
  return <>{line.spans.map((span, at) => wordOf(span, at))}</>
}

function wordOf({ op, text }: Span, at: number) {
  if (op === 'add') return <ins key={at}>{text}</ins>
  if (op === 'remove') return <del key={at}>{text}</del>
  return <span key={at}>{text}</span>
}

function textOf(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join('')
}
