package io.github.pgdispatch.endpoint;

import org.jspecify.annotations.Nullable;

import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;

/**
 * Finds the header in the current servlet request, in which Spring Security has put it.
 */
public final class CsrfHeaders {

	/**
	 * Returns the header that the user of the current request has to send.
	 * @return the header; {@code null} if there is no servlet request, or it is not
	 * protected
	 */
	public @Nullable CsrfHeader current() {
		RequestAttributes request = RequestContextHolder.getRequestAttributes();
		if (request != null && request.getAttribute(CsrfToken.class.getName(),
				RequestAttributes.SCOPE_REQUEST) instanceof CsrfToken token) {
			return new CsrfHeader(token.getHeaderName(), token.getToken());
		}
		return null;
	}

}
