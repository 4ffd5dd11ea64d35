package io.github.pgdispatch;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Knows the tenant of the current thread. If there is a bean of this type, each target of
 * the {@code AbstractRoutingDataSource} that pg-dispatch uses is the database of a
 * tenant, with jobs of its own. A tenant is named by the lookup key of its target.
 *
 * <p>
 * Has to agree with the {@link DataSource}: while {@link #current()} returns a tenant,
 * the {@code DataSource} has to route to the target of that tenant. Implementations have
 * to be thread-safe. For example: <pre class="code">
 * &#64;Component
 * class CurrentTenant implements TenantContext {
 *
 * 	private final ThreadLocal&lt;Object&gt; tenant = new ThreadLocal&lt;&gt;();
 *
 * 	&#64;Override
 * 	public Object current() {
 * 		return this.tenant.get();
 * 	}
 *
 * 	&#64;Override
 * 	public DispatchPropagator.Scope open(Object tenant) {
 * 		Object before = this.tenant.get();
 * 		this.tenant.set(tenant);
 * 		return () -&gt; this.tenant.set(before);
 * 	}
 *
 * }</pre>
 */
public interface TenantContext {

	/**
	 * Returns the tenant of the current thread. Called on the thread that dispatches,
	 * before the dispatch and after the commit of its transaction.
	 * @return the lookup key of the tenant's target, or {@code null} if there is none
	 */
	@Nullable Object current();

	/**
	 * Sets the tenant of the current thread. Called on the thread that runs the method of
	 * a job, before its transaction begins. An exception makes the attempt fail.
	 * @param tenant the lookup key of the target that has the job, or {@code null} if
	 * that is the default target, which has no other key
	 * @return a scope, which is closed on the same thread after the method has returned
	 * and its transaction has ended, and which sets the tenant that was there before
	 */
	DispatchPropagator.Scope open(@Nullable Object tenant);

}
