package io.github.pgdispatch;

import java.time.Duration;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.command.Command;
import io.github.pgdispatch.command.ParameterValues;
import io.github.pgdispatch.gateway.JobGateway;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * The template: turns SQL and parameters into a command, and writes it in the current
 * transaction.
 */
final class DefaultPgDispatchTemplate implements PgDispatchTemplate {

	private final JobGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchListener listener;

	DefaultPgDispatchTemplate(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener) {
		this.gateway = new JobGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, transactionRequired);
		this.listener = listener;
	}

	@Override
	public void fire(String sql) {
		snooze(sql, Map.of(), Duration.ZERO);
	}

	@Override
	public void fire(String sql, Object parameters) {
		snooze(sql, parameters, Duration.ZERO);
	}

	@Override
	public void snooze(String sql, Duration delay) {
		snooze(sql, Map.of(), delay);
	}

	@Override
	public void snooze(String sql, Object parameters, Duration delay) {
		snooze(Command.parse(sql), parameters, delay);
	}

	@Override
	public void snooze(Command command, Object parameters, Duration delay) {
		Assert.notNull(delay, "The delay must not be null");
		Assert.isTrue(!delay.isNegative(), () -> "The delay must not be negative, but is " + delay);
		String rendered = command.render(ParameterValues.of(parameters));
		this.transaction.execute(() -> {
			this.gateway.dispatch(rendered, delay, !this.listener.isListening());
			CommitCallback.of(this.listener).count(delay.toSeconds() > 0);
		});
	}

}
