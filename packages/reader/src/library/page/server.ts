import { call, post } from '../../../../mirror/src/private-page/browser/calls.js'
import type {
  ForgetRequest,
  InterestRequest,
  LibraryAnswer,
  NewsAnswer,
  NewSiteAnswer,
  NewSiteRequest,
  OpenAnswer,
  OpenRequest
} from '../api.js'

export const getLibrary = (): Promise<LibraryAnswer> => call('/api/library')
export const getNews = (): Promise<NewsAnswer> => call('/api/news')
export const postOpen = (request: OpenRequest): Promise<OpenAnswer> => post('/api/open', request)
export const postInterest = (request: InterestRequest): Promise<unknown> => post('/api/interest', request)
export const postForget = (request: ForgetRequest): Promise<unknown> => post('/api/forget', request)
export const postNewSite = (request: NewSiteRequest): Promise<NewSiteAnswer> => post('/api/new-site', request)
