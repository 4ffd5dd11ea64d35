package io.github.pgdispatch.handler;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;

/**
 * Rules for a mapper that reads only values whose properties are all there, and writes
 * all properties.
 */
@SuppressWarnings("serial")
final class PropertyRules extends NopAnnotationIntrospector {

	/**
	 * A parameter of a constructor is required unless it may be missing.
	 */
	@Override
	public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
		if (member instanceof AnnotatedParameter parameter
				&& parameter.getOwner().getAnnotated() instanceof java.lang.reflect.Executable creator) {
			int index = parameter.getIndex();
			return !Nullability.mayBeMissing(creator.getParameters()[index], index);
		}
		return null;
	}

	@Override
	public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated annotated) {
		return JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS);
	}

}
