package io.github.pgdispatch;

import java.util.List;
import java.util.Map;

/**
 * Transfers a value such as a trace or a tenant from the dispatch to the job. It writes
 * the value to the headers of the job, and restores it while the handler runs. Nothing is
 * transferred by default, neither the security context nor the MDC. The headers of SQL
 * are stored as well, and are part of its {@link DeadLetter}, but nothing is restored
 * while SQL runs.
 *
 * <p>
 * All beans of this type are used in their order. Implementations have to be thread-safe.
 * For example: <pre class="code">
 * &#64;Component
 * class TenantPropagator implements DispatchPropagator {
 *
 * 	&#64;Override
 * 	public void inject(Map&lt;String, String&gt; headers) {
 * 		headers.put("tenant", Tenant.current());
 * 	}
 *
 * 	&#64;Override
 * 	public Scope extract(DispatchContext context) {
 * 		return Tenant.set(context.headers().get("tenant"))::reset;
 * 	}
 *
 * }</pre>
 */
public interface DispatchPropagator {

	/**
	 * Adds headers to a job. Called on the thread that dispatches, in its transaction. An
	 * exception makes the dispatch fail.
	 * @param headers the headers of the job so far, to which this method adds its own.
	 * Names and values must not be {@code null} or contain a NUL character
	 */
	void inject(Map<String, String> headers);

	/**
	 * Restores the values of the headers. Called on the thread that runs the method,
	 * before its transaction begins. An exception makes the attempt fail.
	 * @param context the context of the job, which has the headers. A job that was
	 * dispatched in SQL or by an older version of the application may not have all
	 * headers
	 * @return a scope, which is closed on the same thread after the method has returned
	 * and its transaction has ended
	 */
	Scope extract(DispatchContext context);

	/**
	 * Combines several propagators.
	 * @param propagators the propagators, which are called in this order. Their scopes
	 * are closed in the reverse order
	 * @return a propagator that calls all others, or transfers nothing if there are none
	 */
	static DispatchPropagator of(List<DispatchPropagator> propagators) {
		return new CompositeDispatchPropagator(propagators);
	}

	/**
	 * The values that were restored for a call.
	 */
	@FunctionalInterface
	interface Scope extends AutoCloseable {

		/**
		 * Removes the restored values.
		 */
		@Override
		void close();

	}

}
