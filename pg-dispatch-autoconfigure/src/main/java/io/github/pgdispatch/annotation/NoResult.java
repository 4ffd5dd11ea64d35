package io.github.pgdispatch.annotation;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import org.jspecify.annotations.Nullable;

/**
 * The handle of a method that returns {@code void}.
 */
final class NoResult implements ResultHandle {

	@Override
	public Dispatch keep(Dispatch dispatch) {
		return dispatch;
	}

	@Override
	public @Nullable Object dispatch(Dispatch dispatch, PgDispatchTemplate template) {
		template.fire(dispatch);
		return null;
	}

}
