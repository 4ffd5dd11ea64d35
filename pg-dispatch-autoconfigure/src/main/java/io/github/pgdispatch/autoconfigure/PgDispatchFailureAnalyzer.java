package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Reports what pg-dispatch itself found wrong.
 */
final class PgDispatchFailureAnalyzer extends AbstractFailureAnalyzer<PgDispatchConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PgDispatchConfigurationException cause) {
		return new FailureAnalysis(cause.getDescription(), cause.getAction(), cause);
	}

}
