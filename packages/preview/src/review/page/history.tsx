import { useEffect, useState } from 'preact/hooks'
import type { LogAnswer, ReleaseRow, ReviewAnswer, Run } from '../api.js'
import { Dialog, DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import { getLog, postRollback } from './server.js'
import { ago, messageOf, moment } from '../../../../mirror/src/private-page/browser/page-words.js'

interface HistoryProps {
  review: ReviewAnswer
  run: Run | null
  /** Called when a rollback has begun. */
  onRun: () => void
}

const PAGE = 50

export function History({ review, run, onRun }: HistoryProps) {
  const [log, setLog] = useState<LogAnswer | null>(null)
  const [limit, setLimit] = useState(PAGE)
  const [problem, setProblem] = useState<string | null>(null)
  const [asked, setAsked] = useState<ReleaseRow | null>(null)

  useEffect(() => {
    let isWanted = true
    getLog(limit).then(
      (answer) => isWanted && setLog(answer),
      (error: unknown) => isWanted && setProblem(messageOf(error))
    )
    return () => void (isWanted = false)
  }, [limit, review.last?.release, run?.state])

  if (problem !== null) {
    return (
      <main class="history" tabIndex={-1}>
        <p class="callout bad" role="alert">
          {problem}
        </p>
      </main>
    )
  }
  if (!log) return <main class="history" tabIndex={-1} aria-busy="true" />
  const newest = log.releases[0]
  return (
    <main class="history" tabIndex={-1}>
      <h2 class="headline">History</h2>
      {!newest && <p class="words">Nothing has been published from this machine yet.</p>}
      <ol class="releases">
        {log.releases.map((row) => (
          <li key={row.release}>
            <article aria-labelledby={`release-${row.release}`}>
              <h3 id={`release-${row.release}`}>
                Release {row.release}
                {row === newest && <span class="badge">newest</span>}
              </h3>
              <p class="when">
                <time dateTime={row.publishedAt} title={moment(row.publishedAt)}>
                  {ago(row.publishedAt)}
                </time>
                {row.generator && `, ${row.generator}`}
              </p>
              <p class="what">{describe(row)}</p>
              {row.titles.length > 0 && row.words === '' && <p class="titles">{row.titles.join(' · ')}</p>}
            </article>
            {row !== newest && (
              <button type="button" class="button" onClick={() => setAsked(row)}>
                Go back<span class="hidden"> to release {row.release}</span>
              </button>
            )}
          </li>
        ))}
      </ol>
      {log.hasMore && (
        <button type="button" class="button" onClick={() => setLimit(limit * 4)}>
          Older releases
        </button>
      )}
      {asked && newest && (
        <Question row={asked} newest={newest.release} onClose={() => setAsked(null)} onRun={onRun} />
      )}
    </main>
  )
}

function describe({ words, added, changed, removed, rollbackOf }: ReleaseRow): string {
  const counts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed']
  ].filter(([count]) => count !== 0)
  const files =
    counts.map(([count, word]) => `${count!.toLocaleString('en')} ${word}`).join(', ') || 'no files'
  const what = words === '' ? files : words
  return rollbackOf === null ? what : `Release ${rollbackOf} again: ${what}`
}

interface QuestionProps {
  row: ReleaseRow
  newest: number
  onClose: () => void
  onRun: () => void
}

function Question({ row, newest, onClose, onRun }: QuestionProps) {
  const [problem, setProblem] = useState<string | null>(null)
  const rollBack = async (): Promise<void> => {
    try {
      await postRollback({ release: row.release, newest })
      onClose()
      onRun()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  return (
    <Dialog title={`Go back to release ${row.release}?`} onClose={onClose}>
      <p>
        Readers see release {row.release}, of {moment(row.publishedAt)}, again. That is a new release,{' '}
        {newest + 1}: nothing is lost, and nothing is uploaded. Your project stays as it is, so the next
        publish shows it again.
      </p>
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      <DialogButtons>
        <button type="button" class="button" autofocus onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button danger" onClick={() => void rollBack()}>
          Go back to release {row.release}
        </button>
      </DialogButtons>
    </Dialog>
  )
}
