package io.github.pgdispatch;

import java.util.Locale;

/**
 * What a job does.
 */
public enum JobKind {

	/**
	 * The job runs SQL.
	 */
	SQL,

	/**
	 * The job calls a handler.
	 */
	HANDLER;

	String sqlName() {
		return name().toLowerCase(Locale.ROOT);
	}

}
