package io.github.pgdispatch.endpoint;

import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Makes the changes of operators, each in one transaction, and tells who made them.
 * Thread-safe.
 */
public final class OperatorActions {

	private final TransactionOperations transaction;

	private final ApplicationEventPublisher publisher;

	/**
	 * Creates an instance.
	 * @param transaction runs each change in a transaction of the database that has the
	 * schema
	 * @param publisher publishes an {@link AuditApplicationEvent} after each commit
	 */
	public OperatorActions(TransactionOperations transaction, ApplicationEventPublisher publisher) {
		this.transaction = transaction;
		this.publisher = publisher;
	}

	/**
	 * Makes a change, all of it or nothing.
	 * @param user who makes it; {@code null} if there is no login
	 * @param what the path of what is changed
	 * @param action the name of the change
	 * @param parameters the parameters of the change
	 * @param change makes the change, and returns the number of what it has changed
	 * @return that number
	 */
	long make(@Nullable Principal user, String what, String action, Map<String, String> parameters,
			LongSupplier change) {
		long count = this.transaction.execute((status) -> change.getAsLong());
		Map<String, @Nullable Object> data = new LinkedHashMap<>(parameters);
		data.remove("action");
		data.put("what", what);
		data.put("count", count);
		this.publisher.publishEvent(new AuditApplicationEvent((user != null) ? user.getName() : "",
				"PGDISPATCH_" + action.toUpperCase(Locale.ROOT).replace('-', '_'), data));
		return count;
	}

}
