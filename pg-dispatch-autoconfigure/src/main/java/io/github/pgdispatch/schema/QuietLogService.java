package io.github.pgdispatch.schema;

import java.util.logging.Level;

import liquibase.Scope;
import liquibase.logging.LogService;
import liquibase.logging.Logger;
import liquibase.logging.core.AbstractLogService;
import liquibase.logging.core.AbstractLogger;
import org.jspecify.annotations.Nullable;

/**
 * Lets Liquibase log what it does at the level FINE, which is DEBUG, rather than at INFO.
 * Its warnings and errors stay what they are.
 */
final class QuietLogService extends AbstractLogService {

	private final LogService usual = Scope.getCurrentScope().get(Scope.Attr.logService, LogService.class);

	@Override
	public int getPriority() {
		return PRIORITY_NOT_APPLICABLE;
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Logger getLog(Class type) {
		Logger log = this.usual.getLog(type);
		return new AbstractLogger() {

			@Override
			public void log(Level level, String message, @Nullable Throwable ex) {
				log.log((level.intValue() < Level.WARNING.intValue()) ? Level.FINE : level, message, ex);
			}

		};
	}

}
