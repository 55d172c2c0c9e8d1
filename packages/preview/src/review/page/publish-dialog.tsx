import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PublishRequest, ReviewAnswer, Run } from '../api.js'
import { CopyLink } from './copy-link.js'
import { Dialog } from './dialog.js'
import { Ticked } from './ticked.js'
import { postCancel, postPublish } from './server.js'
import type { ReviewState } from './state.js'
import { bytes, plural, seconds, short } from './page-words.js'

interface PublishDialogProps {
  state: ReviewState
  review: ReviewAnswer
  onClose: () => void
}

/** From the question whether to publish to the new release's links. */
export function PublishDialog({ state, review, onClose }: PublishDialogProps) {
  const { run } = state
  /** The run whose end has been read: after it the question comes again. */
  const [readRun, setReadRun] = useState(run !== null && run.state !== 'running' ? run.id : 0)
  const shown = run === null || run.id === readRun ? null : run
  const isFirstTime = review.permission.kind === 'not bound'
  return (
    <Dialog
      title={shown ? titleOf(shown) : isFirstTime ? 'Publish from this folder?' : 'Publish all'}
      onClose={onClose}
    >
      {shown ? (
        <RunView
          run={shown}
          log={state.log?.run === shown.id ? state.log : null}
          onClose={onClose}
          onAgain={() => setReadRun(shown.id)}
          review={review}
        />
      ) : (
        <Question review={review} onClose={onClose} />
      )}
    </Dialog>
  )
}

function Question({ review, onClose }: { review: ReviewAnswer; onClose: () => void }) {
  const { permission, build, counts, findings, checksMode, checksProblem, last, now } = review
  const [problem, setProblem] = useState<string | null>(null)
  const [isSent, setSent] = useState(false)

  const publish = async (): Promise<void> => {
    setSent(true)
    setProblem(null)
    try {
      await postPublish({
        command: build.command,
        script: build.script,
        ...(permission.kind === 'not bound' && { bind: true })
      })
    } catch (error) {
      setProblem(messageOf(error))
    }
    setSent(false)
  }

  if (permission.kind === 'never') {
    return (
      <>
        <p>{permission.message}</p>
        <Buttons>
          <button type="button" class="button" autofocus onClick={onClose}>
            Close
          </button>
        </Buttons>
      </>
    )
  }
  const errors = findings.filter(({ level }) => level === 'error').length
  const isSame = now !== null && counts.added + counts.changed + counts.removed === 0
  return (
    <>
      {permission.kind === 'not bound' && (
        <div class="callout">
          <p>
            This folder carries the key of a site that you own, and has never published it. From now on it
            may, and its build is run on this machine.
          </p>
          <p class="key">{review.key}</p>
        </div>
      )}
      <p>
        {last ? `Release ${last.release + 1}` : 'The first release'}
        {isSame ? ': as far as the preview shows, nothing differs.' : `: ${countWords(review)}.`}
        {permission.kind === 'mint' && ' The site’s key is made, and kept on this machine.'}
      </p>
      {build.command === null ? (
        <p>
          The folder <code>{build.dir}</code> is published as it is.
        </p>
      ) : (
        <>
          <p>It runs the production build:</p>
          <pre class="command" tabIndex={0} role="region" aria-label="Command">
            {build.command}
            {build.script?.split('\n').map((step) => `\n> ${step}`)}
          </pre>
          {build.dir !== null && (
            <p>
              Unless it publishes by itself, <code>{build.dir}</code> is published when it has ended well.
            </p>
          )}
        </>
      )}
      {findings.length > 0 && (
        <p class="callout warn">
          {foundWords(findings.length, errors)}
          {checksMode === 'fail' && errors > 0 && ' The checks are set to refuse a publish with such things.'}
          {findings.some(({ check }) => check === 'secret') && ' No publish goes on with a secret in it.'} The
          overview says where to mend {findings.length === 1 ? 'it' : 'them'}.
        </p>
      )}
      {checksProblem !== null && (
        <p class="callout warn">The checks of this page could not be made: {checksProblem}</p>
      )}
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      <Buttons>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          autofocus
          disabled={isSent}
          onClick={() => void publish()}
        >
          {permission.kind === 'not bound' ? 'Publish from here' : 'Publish'}
        </button>
      </Buttons>
    </>
  )
}

function foundWords(count: number, errors: number): string {
  const found = `The checks found ${plural(count, 'thing')}`
  if (errors === 0) return `${found} to look at.`
  if (errors === count) return `${found} that readers would meet broken.`
  return `${found}; readers would meet ${errors} of them broken.`
}

function countWords({ counts: { added, changed, removed }, summary }: ReviewAnswer): string {
  if (summary.words !== '') return summary.words.replace(/\.$/, '')
  return [
    added > 0 && `${added} added`,
    changed > 0 && `${changed} changed`,
    removed > 0 && `${removed} removed`
  ]
    .filter((part) => part !== false)
    .join(', ')
}

interface RunViewProps {
  run: Run
  log: ReviewState['log']
  review: ReviewAnswer
  onClose: () => void
  onAgain: () => void
}

type Allowed = NonNullable<PublishRequest['allow']>

const ALLOWANCES: Record<string, { allow: Allowed[number]; label: string }> = {
  SHRINK_REFUSED: { allow: 'shrink', label: 'Publish all the same' },
  DIR_EMPTY: { allow: 'empty', label: 'Publish the empty site' },
  DIR_IS_PROJECT: { allow: 'project', label: 'Publish the project folder' },
  NO_PAGES: { allow: 'no-pages', label: 'Publish a site without pages' }
}

function RunView({ run, log, review, onClose, onAgain }: RunViewProps) {
  const isRunning = run.state === 'running'
  const allowance = run.problem?.code ? ALLOWANCES[run.problem.code] : undefined
  const [problem, setProblem] = useState<string | null>(null)
  // One publish may be refused for one thing after the other.
  const [allowed, setAllowed] = useState<Allowed>([])
  const tell = (deed: Promise<unknown>): void => {
    deed.catch((error: unknown) => setProblem(messageOf(error)))
  }
  const again = (request: PublishRequest): void => tell(postPublish(request))
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
          {run.notes.map(({ level, text }) => (
            <li key={text} class={level}>
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
      <Buttons>
        {isRunning ? (
          <>
            <button type="button" class="button" onClick={() => tell(postCancel())}>
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
                  again({ command: review.build.command, script: review.build.script, allow })
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
      </Buttons>
    </>
  )
}

function titleOf({ state, kind, outcome, isConfirmed, release }: Run): string {
  if (kind === 'rollback') {
    if (state === 'running') return `Going back to release ${release}`
    if (state === 'published') return `Release ${outcome?.release}: release ${release} again`
    if (state === 'unchanged') return 'Nothing differs'
    return state === 'cancelled' ? 'Stopped' : 'Not rolled back'
  }
  if (state === 'running') return 'Publishing'
  if (state === 'published')
    return `Release ${outcome?.release} ${isConfirmed ? 'is published' : 'waits for its seeds'}`
  if (state === 'unchanged') return 'Nothing to publish'
  if (state === 'cancelled') return 'Stopped'
  return 'Not published'
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

function Log({ log, isOpen }: { log: NonNullable<ReviewState['log']>; isOpen: boolean }) {
  const place = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    const box = place.current
    // Whoever scrolled up reads there.
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight
  }, [log.text, isOpen])
  const note = (): void => {
    const box = place.current
    if (box) isAtEnd.current = box.scrollTop + box.clientHeight > box.scrollHeight - 20
  }
  return (
    <details class="log" open={isOpen}>
      <summary>What the build says</summary>
      {log.dropped > 0 && (
        <p class="quiet-note">{log.dropped.toLocaleString('en')} characters before this are not kept.</p>
      )}
      <pre ref={place} tabIndex={0} role="region" aria-label="Output of the build" onScroll={note}>
        {log.text}
      </pre>
    </details>
  )
}

function Buttons({ children }: { children: ComponentChildren }) {
  return <div class="buttons">{children}</div>
}

/** Goes on counting between two words of the server. Milliseconds. */
function useElapsed({ elapsedMs, state }: Run): number {
  const heardAt = useRef(performance.now())
  const [, tick] = useState(0)
  useEffect(() => {
    heardAt.current = performance.now()
  }, [elapsedMs])
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 500)
    return () => clearInterval(timer)
  }, [])
  return state === 'running' ? elapsedMs + performance.now() - heardAt.current : elapsedMs
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
