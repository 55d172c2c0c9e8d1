import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ReviewAnswer } from '../api.js'
import { ChangeList } from './change-list.js'
import { Detail } from './detail.js'
import { Header } from './header.js'
import { focusView } from '../../../../mirror/src/private-page/browser/focus.js'
import { Help } from '../../../../mirror/src/private-page/browser/help.js'
import { History } from './history.js'
import { groupsOf, type Item } from './items.js'
import { useKeys } from '../../../../mirror/src/private-page/browser/keys.js'
import { Notice } from '../../../../mirror/src/private-page/browser/notice.js'
import { Overview } from './overview.js'
import { PublishDialog } from './publish-dialog.js'
import { useReviewState } from './state.js'

const KEYS: [keys: string[], what: string][] = [
  [['j', '↓'], 'next change'],
  [['k', '↑'], 'change before'],
  [['Enter'], 'read it'],
  [['Esc'], 'back to the list'],
  [['d'], 'line by line, or words'],
  [['b'], 'before and after'],
  [['h'], 'history'],
  [['p'], 'publish all'],
  [['?'], 'this help']
]

/** The way a change is shown. */
export type Look = 'words' | 'html' | 'rendered'

export function App() {
  const state = useReviewState()
  const { review, connection, run } = state
  const [view, setView] = useState<'changes' | 'history'>('changes')
  const [path, setPath] = useState<string | null>(null)
  const [isOpen, setOpen] = useState(false)
  const [look, setLook] = useState<Look>('words')
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const [dialog, setDialog] = useState<'publish' | 'help' | null>(null)
  const detail = useRef<HTMLElement>(null)

  const groups = useMemo(() => (review ? groupsOf(review) : []), [review])
  const items = useMemo(
    () => groups.flatMap((group) => (group.isFolded && !unfolded.has(group.id) ? [] : group.items)),
    [groups, unfolded]
  )
  const all = useMemo(() => groups.flatMap((group) => group.items), [groups])
  const at = items.findIndex(({ change }) => change.path === path)
  const selected = items[at] ?? null

  useEffect(() => {
    document.title = titleOf(review, run?.state === 'running')
  }, [review, run?.state])

  const select = (item: Item | null): void => {
    setPath(item?.change.path ?? null)
    setView('changes')
  }
  const fold = (id: string): void =>
    setUnfolded((ids) => new Set(ids.has(id) ? [...ids].filter((each) => each !== id) : [...ids, id]))
  const open = (item: Item | null): void => {
    const group = groups.find(({ items }) => item && items.includes(item))
    if (group?.isFolded) setUnfolded((ids) => new Set([...ids, group.id]))
    select(item)
    setOpen(true)
    requestAnimationFrame(() => detail.current?.focus())
  }
  const step = (by: number): void => {
    const next = at + by
    if (next < -1 || next >= items.length) return
    select(next === -1 ? null : (items[next] ?? null))
  }
  // When one dialog opens right after another, the close event of the first one comes late.
  const leave = (left: 'publish' | 'help'): void => setDialog((now) => (now === left ? null : now))
  const toggle = (other: Look): void => setLook(look === other ? 'words' : other)

  useKeys({
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    Enter: () => open(selected),
    Escape: () => {
      setOpen(false)
      focusView(detail.current)
    },
    d: () => toggle('html'),
    b: () => toggle('rendered'),
    h: () => {
      setView(view === 'history' ? 'changes' : 'history')
      focusView(detail.current)
    },
    p: () => review && setDialog('publish'),
    '?': () => setDialog('help')
  })

  if (connection === 'refused') {
    return (
      <Notice title="This address is not valid any more">
        Each start of the dev process gives the page another address. Open the one that it prints now.
      </Notice>
    )
  }
  if (!review) {
    return state.problem === null ? (
      <Notice title="Review" kind="loading">
        Comparing with the last release…
      </Notice>
    ) : (
      <Notice title="The review cannot be shown">{state.problem}</Notice>
    )
  }
  return (
    <>
      <Header
        review={review}
        status={state.status}
        run={run}
        isLost={connection === 'lost'}
        view={view}
        onView={setView}
        onPublish={() => setDialog('publish')}
        onHelp={() => setDialog('help')}
      />
      {view === 'history' ? (
        <History review={review} run={run} onRun={() => setDialog('publish')} />
      ) : (
        <main class={`changes${isOpen ? ' is-open' : ''}${groups.length === 0 ? ' is-empty' : ''}`}>
          <ChangeList
            review={review}
            groups={groups}
            selected={selected}
            unfolded={unfolded}
            onFold={fold}
            onOpen={open}
          />
          <section class="pane" ref={detail} tabIndex={-1} aria-label={selected ? selected.name : 'Overview'}>
            <button
              type="button"
              class="back"
              onClick={() => {
                setOpen(false)
                focusView(detail.current)
              }}
            >
              All changes
            </button>
            {selected ? (
              <Detail
                key={selected.change.path}
                item={selected}
                review={review}
                look={look}
                onLook={setLook}
              />
            ) : (
              <Overview
                review={review}
                state={state}
                items={all}
                onOpen={open}
                onPublish={() => setDialog('publish')}
              />
            )}
          </section>
        </main>
      )}
      {dialog === 'publish' && (
        <PublishDialog state={state} review={review} onClose={() => leave('publish')} />
      )}
      {dialog === 'help' && <Help keys={KEYS} onClose={() => leave('help')} />}
    </>
  )
}

function titleOf(review: ReviewAnswer | null, isRunning: boolean): string {
  if (!review) return 'Review'
  if (isRunning) return `Publishing… · ${review.name}`
  const { added, changed, removed } = review.counts
  const count = added + changed + removed
  return `${count > 0 ? `(${count}) ` : ''}Review · ${review.name}`
}
