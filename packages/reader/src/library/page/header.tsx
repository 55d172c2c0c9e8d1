import { plural } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { LibraryAnswer } from '../api.js'

export type View = 'sites' | 'news'

interface HeaderProps {
  library: LibraryAnswer
  isLost: boolean
  view: View
  onView: (view: View) => void
  onOpen: () => void
  onMake: () => void
  onHelp: () => void
}

const VIEWS = [
  { id: 'sites', title: 'Sites' },
  { id: 'news', title: 'News' }
] as const

export function Header({ library, isLost, view, onView, onOpen, onMake, onHelp }: HeaderProps) {
  return (
    <header class="top">
      <div class="site">
        <h1>Library</h1>
        <p class="against">{inWords(library)}</p>
      </div>
      <nav class="views" aria-label="Views">
        {VIEWS.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            aria-current={view === id ? 'page' : undefined}
            onClick={() => onView(id)}
          >
            {title}
          </button>
        ))}
      </nav>
      <div class="actions">
        <p class="status" role="status">
          {isLost && <span class="chip warn">The process is away</span>}
        </p>
        <button type="button" class="button quiet icon" onClick={onHelp} aria-label="Keyboard shortcuts">
          ?
        </button>
        <button type="button" class="button quiet" onClick={onMake}>
          New website
        </button>
        <button type="button" class="button primary" onClick={onOpen}>
          Open a link
        </button>
      </div>
    </header>
  )
}

function inWords({ sites, mine }: LibraryAnswer): string {
  const parts = [
    sites.length > 0 && plural(sites.length, 'site'),
    mine.length > 0 && `${mine.length.toLocaleString('en')} of your own`
  ].filter((part) => part !== false)
  return parts.join(', ') || 'no sites yet'
}
