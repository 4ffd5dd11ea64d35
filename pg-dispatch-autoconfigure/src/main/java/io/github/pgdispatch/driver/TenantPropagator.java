package io.github.pgdispatch.driver;

import java.util.Map;
import java.util.Objects;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.TenantContext;

import org.springframework.util.Assert;

/**
 * Sets the tenant while the method of a job runs. The database of the job tells which one
 * it is, so that no header can be wrong.
 *
 * @param tenant whose jobs are run
 * @param context of the tenant
 */
public record TenantPropagator(Tenant tenant, TenantContext context) implements DispatchPropagator {

	@Override
	public void inject(Map<String, String> headers) {
	}

	@Override
	public Scope extract(DispatchContext job) {
		Scope scope = this.context.open(this.tenant.key());
		try {
			Object current = this.context.current();
			Assert.state(Objects.equals(current, this.tenant.key()), () -> "The TenantContext " + this.context
					+ " was opened for the tenant " + this.tenant + ", and its current tenant is " + current);
			return scope;
		}
		catch (RuntimeException | Error ex) {
			scope.close();
			throw ex;
		}
	}

}
