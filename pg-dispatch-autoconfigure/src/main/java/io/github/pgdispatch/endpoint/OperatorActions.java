package io.github.pgdispatch.endpoint;

import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.OperatorActionGateway;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes the changes of operators, each in one transaction, and tells who made them.
 * Thread-safe.
 */
public final class OperatorActions {

	private static final String WITHOUT_LOGIN = "anonymous";

	private final TransactionOperations transaction;

	private final OperatorActionGateway gateway;

	private final ApplicationEventPublisher publisher;

	/**
	 * Creates an instance.
	 * @param dataSource the database that has the schema
	 * @param transactionManager the manager of its transactions
	 * @param publisher publishes an {@link AuditApplicationEvent} after each commit
	 */
	public OperatorActions(DataSource dataSource, PlatformTransactionManager transactionManager,
			ApplicationEventPublisher publisher) {
		this.transaction = new TransactionTemplate(transactionManager);
		this.gateway = new OperatorActionGateway(dataSource);
		this.publisher = publisher;
	}

	/**
	 * Makes a change and records it, all of it or nothing.
	 * @param user who makes it; {@code null} if there is no login
	 * @param action the name of the change
	 * @param target what is changed, by name
	 * @param change makes the change, and returns the number of what it has changed
	 * @return that number
	 */
	long make(@Nullable Principal user, String action, Map<String, String> target, LongSupplier change) {
		String operator = (user != null) ? user.getName() : WITHOUT_LOGIN;
		long count = this.transaction.execute((status) -> {
			long changed = change.getAsLong();
			this.gateway.record(operator, action, target, changed);
			return changed;
		});
		Map<String, @Nullable Object> data = new LinkedHashMap<>(target);
		data.put("count", count);
		this.publisher.publishEvent(new AuditApplicationEvent(operator,
				"PGDISPATCH_" + action.toUpperCase(Locale.ROOT).replace('-', '_'), data));
		return count;
	}

}
