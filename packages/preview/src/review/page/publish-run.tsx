import { useEffect, useRef, useState } from 'preact/hooks'
import type { LogText, PublishRequest, ReviewAnswer, Run } from '../api.js'
import { CopyLink } from '../../../../mirror/src/private-page/browser/copy-link.js'
import { DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import {
  bytes,
  messageOf,
  plural,
  seconds,
  short
} from '../../../../mirror/src/private-page/browser/page-words.js'
import { postCancel, postPublish } from './server.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'

interface PublishRunProps {
  run: Run
  /** null: the log of this run is not here yet. */
  log: LogText | null
  review: ReviewAnswer
  onClose: () => void
  /** Shows the question again. */
  onAgain: () => void
}

type Allowed = NonNullable<PublishRequest['allow']>

const ALLOWANCES: Record<string, { allow: Allowed[number]; label: string }> = {
  SHRINK_REFUSED: { allow: 'shrink', label: 'Publish all the same' },
  DIR_EMPTY: { allow: 'empty', label: 'Publish the empty site' },
  DIR_IS_PROJECT: { allow: 'project', label: 'Publish the project folder' },
  NO_PAGES: { allow: 'no-pages', label: 'Publish a site without pages' }
}

/** A run from its start to its end: progress, seeds, links, notes and the log. */
export function PublishRun({ run, log, review, onClose, onAgain }: PublishRunProps) {
  const isRunning = run.state === 'running'
  const allowance = run.problem?.code ? ALLOWANCES[run.problem.code] : undefined
  const [problem, setProblem] = useState<string | null>(null)
  // A publish can be refused for a second reason after the first one is allowed.
  const [allowed, setAllowed] = useState<Allowed>([])
  const send = (request: Promise<unknown>): void => {
    request.catch((error: unknown) => setProblem(messageOf(error)))
  }
  return (
    <>
      <div role="status" aria-live="polite">
        {isRunning ? <Steps run={run} hasSeeds={review.seeds > 0} /> : <End run={run} />}
      </div>
      {run.seeds.length > 0 && <Seeds run={run} />}
      {run.outcome && run.state === 'published' && (
        <dl class="facts links">
          <dt>Address</dt>
          <dd>
            <CopyLink url={run.outcome.link} />
          </dd>
          {run.outcome.mirror && (
            <>
              <dt>On the web</dt>
              <dd>
                <CopyLink url={run.outcome.mirror} isWeb />
              </dd>
            </>
          )}
        </dl>
      )}
      {run.notes.length > 0 && !isRunning && (
        <ul class="notes">
          {run.notes.map(({ level, text, isError }) => (
            <li key={text} class={isError === true ? 'error' : level}>
              <Ticked text={text} />
            </li>
          ))}
        </ul>
      )}
      {log && <Log log={log} isOpen={isRunning || run.state === 'failed'} />}
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      <DialogButtons>
        {isRunning ? (
          <>
            <button type="button" class="button" onClick={() => send(postCancel())}>
              Cancel the {run.kind === 'rollback' ? 'rollback' : run.phase === 'build' ? 'build' : 'publish'}
            </button>
            <button type="button" class="button" onClick={onClose}>
              Go on in the background
            </button>
          </>
        ) : (
          <>
            {allowance && (
              <button
                type="button"
                class="button danger"
                onClick={() => {
                  const allow = [...allowed, allowance.allow]
                  setAllowed(allow)
                  send(postPublish({ command: review.build.command, script: review.build.script, allow }))
                }}
              >
                {allowance.label}
              </button>
            )}
            {run.kind === 'publish' && (
              <button type="button" class="button" onClick={onAgain}>
                Publish again
              </button>
            )}
            <button type="button" class="button primary" onClick={onClose}>
              Close
            </button>
          </>
        )}
      </DialogButtons>
    </>
  )
}

const STEPS = [
  { phases: ['build'], label: 'Build' },
  { phases: ['ask', 'scan', 'write', 'index'], label: 'Write the release' },
  { phases: ['confirm'], label: 'Hand it to the seeds' }
] as const

function Steps({ run, hasSeeds }: { run: Run; hasSeeds: boolean }) {
  const elapsed = useElapsed(run)
  const at = STEPS.findIndex(({ phases }) => (phases as readonly string[]).includes(run.phase))
  return (
    <>
      <ol class="steps">
        {STEPS.map(({ label }, number) => {
          if (number === 0 && run.command === null) return null
          if (number === STEPS.length - 1 && !hasSeeds) return null
          return (
            <li
              key={label}
              aria-current={number === at ? 'step' : undefined}
              class={number < at ? 'done' : ''}
            >
              {label}
            </li>
          )
        })}
      </ol>
      <p class="doing">
        {run.phase === 'confirm' ? 'Until they hold it, readers see the last release' : run.doing}{' '}
        <span class="elapsed">{seconds(elapsed)}</span>
      </p>
      {run.phase !== 'build' && run.phase !== 'confirm' && run.share !== null && (
        <progress value={run.share} max={1} aria-label="Progress">
          {Math.round(run.share * 100)} %
        </progress>
      )}
    </>
  )
}

function End({ run }: { run: Run }) {
  const { state, problem, outcome, elapsedMs } = run
  if (problem) return <p class={state === 'failed' ? 'callout bad' : 'callout'}>{problem.message}</p>
  if (state === 'cancelled')
    return <p>It was stopped after {seconds(elapsedMs)}. Readers still see the last release.</p>
  if (!outcome) return null
  if (state === 'unchanged') return <p>Release {outcome.release} is what was built.</p>
  const parts = [
    [outcome.added, 'added'],
    [outcome.changed, 'changed'],
    [outcome.removed, 'removed']
  ].filter(([count]) => count !== 0)
  return (
    <p class={run.isConfirmed ? 'good' : ''}>
      {parts.map(([count, word]) => `${count} ${word}`).join(', ')}; {bytes(outcome.bytesWritten)} written, in{' '}
      {seconds(elapsedMs)}.
    </p>
  )
}

function Seeds({ run }: { run: Run }) {
  return (
    <ul class="seeds" aria-label="Seeds">
      {run.seeds.map(({ key, done, total, bytes: count }) => {
        const receipt = run.outcome?.seeds.find((seed) => seed.key === key)
        const words = receipt?.confirmed
          ? `holds it, after ${seconds(receipt.ms)}`
          : run.state === 'running'
            ? `${done.toLocaleString('en')} of ${plural(total, 'block')}, ${bytes(count)}`
            : 'does not hold it yet'
        return (
          <li key={key} class={receipt?.confirmed ? 'holds' : ''}>
            <span class="seed" title={key}>
              Seed {short(key)}
            </span>
            <progress value={total > 0 ? done / total : 0} max={1} aria-label={`Seed ${short(key)}`} />
            <span class="blocks">{words}</span>
          </li>
        )
      })}
    </ul>
  )
}

function Log({ log, isOpen }: { log: LogText; isOpen: boolean }) {
  const place = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    const box = place.current
    // A person who scrolled up is reading: the log must not move then.
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight
  }, [log.text, isOpen])
  const rememberScroll = (): void => {
    const box = place.current
    if (box) isAtEnd.current = box.scrollTop + box.clientHeight > box.scrollHeight - 20
  }
  return (
    <details class="log" open={isOpen}>
      <summary>What the build says</summary>
      {log.dropped > 0 && (
        <p class="quiet-note">{log.dropped.toLocaleString('en')} characters before this are not kept.</p>
      )}
      <pre ref={place} tabIndex={0} role="region" aria-label="Output of the build" onScroll={rememberScroll}>
        {log.text}
      </pre>
    </details>
  )
}

/** The elapsed time, counted on between two messages of the server. Milliseconds. */
function useElapsed({ elapsedMs, state }: Run): number {
  const receivedAt = useRef(performance.now())
  const [, tick] = useState(0)
  useEffect(() => {
    receivedAt.current = performance.now()
  }, [elapsedMs])
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 500)
    return () => clearInterval(timer)
  }, [])
  return state === 'running' ? elapsedMs + performance.now() - receivedAt.current : elapsedMs
}
