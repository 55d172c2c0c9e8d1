import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { focusView } from '../../../../mirror/src/private-page/browser/focus.js'
import { Help } from '../../../../mirror/src/private-page/browser/help.js'
import { useKeys } from '../../../../mirror/src/private-page/browser/keys.js'
import { Notice } from '../../../../mirror/src/private-page/browser/notice.js'
import type { SiteRow } from '../api.js'
import { ForgetDialog } from './forget-dialog.js'
import { Header, type View } from './header.js'
import { NewSiteDialog } from './new-site-dialog.js'
import { NewsList } from './news-list.js'
import { OpenDialog } from './open-dialog.js'
import { Overview } from './overview.js'
import { OwnDetail } from './own-detail.js'
import { shelvesOf, type Item } from './shelves.js'
import { SiteDetail } from './site-detail.js'
import { SiteList } from './site-list.js'
import { useLibraryState } from './state.js'

const KEYS: [keys: string[], what: string][] = [
  [['j', '↓'], 'next site'],
  [['k', '↑'], 'site before'],
  [['Enter'], 'what is known of it'],
  [['Esc'], 'back to the list'],
  [['r'], 'read it'],
  [['x'], 'forget it'],
  [['n'], 'news'],
  [['o'], 'open a link'],
  [['w'], 'new website'],
  [['?'], 'this help']
]

type OpenedDialog = { kind: 'open' | 'make' | 'help' } | { kind: 'forget'; site: SiteRow }

export function App() {
  const state = useLibraryState()
  const { library, news, connection } = state
  const [view, setView] = useState<View>('sites')
  const [id, setId] = useState<string | null>(null)
  const [isOpen, setOpen] = useState(false)
  const [dialog, setDialog] = useState<OpenedDialog | null>(null)
  const detail = useRef<HTMLElement>(null)

  const shelves = useMemo(() => (library ? shelvesOf(library) : []), [library])
  const items = useMemo(() => shelves.flatMap(({ items }) => items), [shelves])
  const at = items.findIndex((item) => item.id === id)
  const selected = items[at] ?? null
  const site = selected?.kind === 'other' ? selected.site : null

  useEffect(() => {
    document.title = state.unseen > 0 ? `(${state.unseen}) Library` : 'Library'
  }, [state.unseen])

  const focusDetail = (): void => void requestAnimationFrame(() => detail.current?.focus())
  const open = (item: Item | null): void => {
    setId(item?.id ?? null)
    setView('sites')
    setOpen(true)
    focusDetail()
  }
  const openKey = (key: string): void => {
    setDialog(null)
    setId(`other ${key}`)
    setView('sites')
    setOpen(true)
    focusDetail()
  }
  const step = (by: number): void => {
    const next = at + by
    if (next < -1 || next >= items.length) return
    setId(next === -1 ? null : (items[next]?.id ?? null))
    setView('sites')
  }
  // When one dialog opens right after another, the close event of the first one comes late.
  const leave = (left: OpenedDialog['kind']): void => setDialog((now) => (now?.kind === left ? null : now))

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
    r: () => document.querySelector<HTMLElement>('.deeds .primary')?.click(),
    x: () => site && setDialog({ kind: 'forget', site }),
    n: () => {
      setView(view === 'news' ? 'sites' : 'news')
      focusView(detail.current)
    },
    o: () => library && setDialog({ kind: 'open' }),
    w: () => library && setDialog({ kind: 'make' }),
    '?': () => setDialog({ kind: 'help' })
  })

  if (connection === 'refused') {
    return (
      <Notice title="This address is not valid any more">
        Each start of <code>sitedrive library</code> gives the page another address. Open the one that it
        prints now.
      </Notice>
    )
  }
  if (!library) {
    return state.problem === null ? (
      <Notice title="Library" kind="loading">
        Reading…
      </Notice>
    ) : (
      <Notice title="The library cannot be shown">{state.problem}</Notice>
    )
  }
  return (
    <>
      <Header
        library={library}
        isLost={connection === 'lost'}
        view={view}
        onView={setView}
        onOpen={() => setDialog({ kind: 'open' })}
        onMake={() => setDialog({ kind: 'make' })}
        onHelp={() => setDialog({ kind: 'help' })}
      />
      {view === 'news' ? (
        <main class="history" tabIndex={-1}>
          <h2 class="headline">News</h2>
          {news.length === 0 && (
            <p class="words">
              Nothing yet. New releases of the sites that you follow or keep are told here, as they come.
            </p>
          )}
          <NewsList news={news} isMixed />
        </main>
      ) : (
        <main class={`changes${isOpen ? ' is-open' : ''}${items.length === 0 ? ' is-empty' : ''}`}>
          <SiteList shelves={shelves} selected={selected} onOpen={open} />
          <section
            class="pane"
            ref={detail}
            tabIndex={-1}
            aria-label={selected ? selected.name : 'What is new'}
          >
            <button
              type="button"
              class="back"
              onClick={() => {
                setOpen(false)
                focusView(detail.current)
              }}
            >
              All sites
            </button>
            {selected === null ? (
              <Overview
                library={library}
                news={news}
                onOpen={() => setDialog({ kind: 'open' })}
                onMake={() => setDialog({ kind: 'make' })}
                onNews={() => setView('news')}
              />
            ) : selected.kind === 'mine' ? (
              <OwnDetail key={selected.id} site={selected.site} onOpened={openKey} />
            ) : (
              <SiteDetail
                key={selected.id}
                site={selected.site}
                onForget={() => setDialog({ kind: 'forget', site: selected.site })}
              />
            )}
          </section>
        </main>
      )}
      {dialog?.kind === 'open' && <OpenDialog onClose={() => leave('open')} onOpened={openKey} />}
      {dialog?.kind === 'make' && <NewSiteDialog library={library} onClose={() => leave('make')} />}
      {dialog?.kind === 'forget' && (
        <ForgetDialog
          site={dialog.site}
          onClose={() => leave('forget')}
          onForgotten={() => {
            leave('forget')
            setId(null)
            setOpen(false)
            focusView(detail.current)
          }}
        />
      )}
      {dialog?.kind === 'help' && <Help keys={KEYS} onClose={() => leave('help')} />}
    </>
  )
}
